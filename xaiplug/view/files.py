"""The views beside the page: tables for a paper, and figures at a journal's width."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from annotated_types import Ge

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


def _written(text: str, path: Path) -> Path:
    return write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


class Markdown(StudyView):
    """Leaderboards with intervals as Markdown, and what to cite."""

    file: str = "tables.md"
    """Name of the file in the run's folder."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug.view.printed import markdown_text

        return _written(markdown_text(study), folder / Path(self.file).name)


class Latex(StudyView):
    """Leaderboards with intervals as LaTeX (`booktabs`), the best set bold, and what to cite as comments."""

    file: str = "tables.tex"
    """Name of the file in the run's folder."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug.view.printed import latex_text

        return _written(latex_text(study), folder / Path(self.file).name)


class Csv(StudyView):
    """Leaderboards with intervals as CSV, in full precision."""

    file: str = "tables.csv"
    """Name of the file in the run's folder."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug.view.printed import csv_lines

        return _written(csv_lines(study), folder / Path(self.file).name)


class Figures(StudyView):
    """Curves as PDF and galleries as PNG, in a folder."""

    folder: str = "figures"
    """Name of the folder in the run's folder."""
    width: Annotated[float, Ge(1)] = 7.0
    """Of a gallery, in inches; 7 is two columns of most journals."""
    samples: Annotated[int, Ge(1)] = 4
    """Rows of a gallery at most."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug.view.figures import write_figures

        return write_figures(study, folder / Path(self.folder).name, width=self.width, samples=self.samples)
