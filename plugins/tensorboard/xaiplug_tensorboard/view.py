"""The view `tensorboard`: a run of TensorBoard for each method, one for the study itself."""

from __future__ import annotations

from pathlib import Path

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


class TensorBoard(StudyView):
    """Event files for TensorBoard: means with intervals, values, curves, maps, and a row each in its table of runs."""

    folder: str = "tensorboard"
    """Name of the folder in the run's folder, for `tensorboard --logdir`."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug_tensorboard.events import event_files

        place = folder / Path(self.folder).name
        for name, content in event_files(study).items():
            write_atomically(place / name, lambda beside, content=content: beside.write_bytes(content))
        return place
