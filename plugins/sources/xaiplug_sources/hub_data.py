"""`hf:uoft-cs/cifar10`, or a folder that `datasets` reads."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Any

import torch
from annotated_types import Ge
from PIL import Image

from xaiplug import DataSource, Samples
from xaiplug.errors import ComponentError, DataError, Problem, UnavailableError, listing
from xaiplug_sources.geometry import Square
from xaiplug_sources.hub import ask, is_folder, quiet, told_as
from xaiplug_sources.labels import UNKNOWN
from xaiplug_sources.notes import Notes
from xaiplug_sources.photos import Photo, photo
from xaiplug_sources.stacking import Stack

MISSING = "datasets is not installed; pip install xaiplug-sources[hf]"


class HubData(DataSource):
    """Images of a data set of Hugging Face, by its hub name or in a folder, in pixel space.

    A folder is what `save_to_disk` wrote, or parquet files, or images (`imagefolder`). Samples are named by split and
    row. Without a column of classes there are no labels: they are -1, and what needs them says so.
    """

    names = "folder"
    elsewhere = True
    example = "uoft-cs/cifar10"

    size: Annotated[int, Ge(1)] = 224
    """Side of the square that is cut from the middle, in pixels."""
    resize: Annotated[int, Ge(1)] | None = None
    """The short side before that; size * 8/7 unless given."""
    image: str | None = None
    """The column of images; None = the only one."""
    label: str | None = None
    """The column of classes; None = the only one."""
    config: str | None = None
    """The configuration of a data set that has several."""
    revision: str = "main"
    """A branch, tag or commit of the hub."""

    def __post_init__(self) -> None:
        if self.resize is not None and self.resize < self.size:
            raise ComponentError(f"hf: resize={self.resize} is less than size={self.size}, which is cut from it")

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        datasets = import_module("datasets")
        with quiet(datasets.utils), told_as(name, DataError):
            chosen, rows = self._rows(datasets, name, split)
            image = self._column(rows.features, datasets.Image, self.image, name, "image")
            label = self._column(rows.features, datasets.ClassLabel, self.label, name, "label")
            if image is None:
                raise DataError(f"hf:{name} has no column of images; its columns are {listing(rows.features)}")
            count = len(rows) if limit is None else min(limit, len(rows))
            rows = rows.select(range(count)).cast_column(image, datasets.Image(decode=False))
            square = Square(self.resize or round(self.size * 8 / 7), self.size)
            ids = tuple(f"{chosen}/{number}" for number in range(count))
            notes = Notes(f"hf:{name}")
            inputs = Stack(count)
            for stored, one in zip(rows[image], ids, strict=True):
                taken = _photo(stored, f"hf:{name} {one}")
                inputs.add(taken.cut(square))
                for note in taken.notes:
                    notes.add(note, one)
            labels = [UNKNOWN] * count if label is None else [_class(row, name, label) for row in rows[label]]
        if not count:
            raise DataError(f"hf:{name}: split '{chosen}' is empty")
        if told := notes.told():
            warnings.warn(told, stacklevel=3)
        return Samples(inputs.tensor(), torch.tensor(labels), None, ids)

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return [] if find_spec("datasets") else [Problem(("use",), MISSING)]

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        if not find_spec("datasets"):
            raise UnavailableError(MISSING)
        for number in range(4):
            path = folder / "test" / ("cats", "dogs")[number % 2] / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 16), (60 * number, 90, 255 - 60 * number)).save(path)
        return str(folder), {"size": 8}

    def _rows(self, datasets: Any, name: str, split: str | None) -> tuple[str, Any]:
        """The split that is meant, and its rows."""
        if is_folder(name) and (saved := _saved(datasets, Path(name))) is not None:
            chosen = _split(list(saved), split, name)
            return chosen, saved[chosen]
        given = {"revision": None if is_folder(name) else self.revision}
        try:
            splits = datasets.get_dataset_split_names(name, self.config, **given)
        except ConnectionError:
            ask(name, self.revision, "dataset")
            raise
        chosen = _split(splits, split, name)
        return chosen, datasets.load_dataset(name, self.config, split=chosen, **given)

    @staticmethod
    def _column(features: Mapping[str, Any], kind: type, given: str | None, name: str, what: str) -> str | None:
        if given is not None:
            if given not in features:
                raise DataError(f"hf:{name} has no column '{given}'; there are {listing(features)}")
            return given
        found = [column for column, feature in features.items() if isinstance(feature, kind)]
        if len(found) > 1:
            raise DataError(f"hf:{name} has {len(found)} columns for {what}=; name one of {listing(found)}")
        return found[0] if found else None


def _saved(datasets: Any, folder: Path) -> Mapping[str, Any] | None:
    """The splits of what `save_to_disk` wrote; None of another folder."""
    if (folder / "dataset_dict.json").is_file():
        found: Mapping[str, Any] = datasets.load_from_disk(str(folder))
        return found
    if (folder / "state.json").is_file():
        one = datasets.load_from_disk(str(folder))
        return {str(one.split or "all"): one}
    return None


def _split(there: Sequence[str], asked: str | None, name: str) -> str:
    if asked is not None and asked not in there:
        raise DataError(f"hf:{name} has no split '{asked}'; there are {listing(there)}")
    if asked is None and len(there) > 1 and "test" not in there:
        raise DataError(f"hf:{name} has several splits; give split=, one of {listing(there)}")
    return asked or ("test" if "test" in there else there[0])


def _photo(stored: Mapping[str, Any] | None, where: str) -> Photo:
    """An image as `datasets` keeps it, read as a file is."""
    if stored is None or not (stored["bytes"] or stored["path"]):
        raise DataError(f"{where} has no image")
    if not stored["bytes"]:
        return photo(Path(stored["path"]))
    with NamedTemporaryFile(suffix=Path(stored["path"] or "").suffix) as file:
        file.write(stored["bytes"])
        file.flush()
        try:
            return photo(Path(file.name))
        except DataError as error:
            raise DataError(str(error).replace(file.name, where)) from error


def _class(value: Any, name: str, column: str) -> int:
    if value is None:
        return UNKNOWN
    if not isinstance(value, int) or isinstance(value, bool):
        raise DataError(f"hf:{name}: column '{column}' holds {value!r:.40}; a class is a whole number")
    return value
