"""The view `fiftyone`: a data set for FiftyOne of each gallery. Nothing here needs FiftyOne or its data base."""

from __future__ import annotations

from pathlib import Path

from xaiplug.data.storage import write_atomically
from xaiplug.data.study import Study
from xaiplug.kinds import StudyView


class FiftyOne(StudyView):
    """Data sets for FiftyOne: the gallery's pictures, a `Heatmap` a method, each sample's values."""

    folder: str = "fiftyone"
    """Name of the folder in the run's folder, with a file a model and data set for `Dataset.from_json`."""

    def write(self, study: Study, folder: Path) -> Path:
        from xaiplug_fiftyone.datasets import files

        place = folder / Path(self.folder).name
        for name, content in files(study).items():
            write_atomically(place / name, lambda beside, content=content: beside.write_bytes(content))
        place.mkdir(parents=True, exist_ok=True)
        return place
