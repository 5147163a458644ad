"""Views that keep the contract: a table, and a page."""

from __future__ import annotations

from html import escape
from pathlib import Path

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


class Table(StudyView):
    """Mean of every metric for every explainer, as CSV."""

    file: str = "means.csv"
    """What it is called."""

    def write(self, study: Study, folder: Path) -> Path:
        text = self.text(study)
        return write_atomically(Path(folder) / self.file, lambda beside: beside.write_text(text, encoding="utf-8"))

    def text(self, study: Study) -> str:
        """The table."""
        means = study.results.groupby(["explainer", "metric"])["value"].mean()
        return str(means.to_csv())


class Page(Table):
    """The same as a page."""

    file: str = "means.html"
    """What it is called."""

    def text(self, study: Study) -> str:
        return f"<!doctype html><title>{self.shown(study.name)}</title><pre>{self.shown(super().text(study))}</pre>"

    def shown(self, text: str) -> str:
        """Text as a page has it."""
        return escape(text)


GOOD = (Table(), Page())
