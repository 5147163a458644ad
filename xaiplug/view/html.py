"""The view `html`. What draws it is loaded when it is written: a process that computes cells never does."""

from __future__ import annotations

from pathlib import Path

from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


class Html(StudyView):
    """One self-contained page: leaderboard, curves, gallery, cost, provenance."""

    file: str = "report.html"
    """Name of the page in the run's folder."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug.view.report import write_report

        return write_report(study, folder / Path(self.file).name)
