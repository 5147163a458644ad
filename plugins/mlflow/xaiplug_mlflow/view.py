"""The view `mlflow`: a run of MLflow for the study, one below it for each method."""

from __future__ import annotations

from pathlib import Path

from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


class Mlflow(StudyView):
    """Runs of MLflow: one for the study with its report and tables, one below it for each method with its numbers."""

    file: str = "mlflow.json"
    """Name of the file in the run's folder that says where the study is kept."""
    tracking_uri: str = ""
    """MLflow's server or data base; empty = `MLFLOW_TRACKING_URI`, and without it `mlflow.db` in the run's folder."""
    experiment: str = "xaiplug"
    """The experiment that the runs belong to; made where it is not there."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug_mlflow.tracking import log

        return log(study, folder, folder / Path(self.file).name, self.tracking_uri, self.experiment)
