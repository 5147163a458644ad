"""Photos in a folder, with their classes, and what is relevant in them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from annotated_types import Ge
from PIL import Image
from torch import Tensor

from xaiplug import DataSource, Samples
from xaiplug.errors import ComponentError, DataError
from xaiplug_sources.boxes import boxed
from xaiplug_sources.companions import Companions
from xaiplug_sources.decoding import SUFFIXES
from xaiplug_sources.files import Found, found
from xaiplug_sources.geometry import Square
from xaiplug_sources.labels import from_folders, labels_of, said_of_folders
from xaiplug_sources.masks import ENDINGS, Void, agree, mask, painted, without_masks
from xaiplug_sources.notes import Notes
from xaiplug_sources.photos import Photo, photo
from xaiplug_sources.stacking import Stack

CUT_AWAY = "have nothing relevant left in the square that is cut from the middle"


class Folder(DataSource):
    """Images of a folder, in pixel space.

    Sub-folders are classes in sorted order, numbers as numbers; in a flat folder with a list of classes (`classes.json`
    or `classes`), a file `<name>_anything.jpg` has the class of its name. A flat folder without one has no labels:
    they are -1, and what needs them says so. A split is a folder below the one named. Photos are turned upright,
    transparent parts lie on white, of an animation the first picture counts; a warning says so. Hidden files are
    none.
    """

    names = "folder"
    paths = ("masks", "boxes", "classes")
    example = "photos"

    size: Annotated[int, Ge(1)] = 224
    """Side of the square that is cut from the middle, in pixels."""
    resize: Annotated[int, Ge(1)] | None = None
    """The short side before that; size * 8/7 unless given."""
    masks: str | None = None
    """A folder of masks with the photos' paths or names: what is neither 0 nor void is relevant."""
    void: Void = "auto"
    """The index that stands for nothing in a mask; auto = 255, but not where masks have only 0 and 255; None = no
    index does."""
    boxes: str | None = None
    """A folder of Pascal VOC XML files with the photos' paths or names: the inside of every box is relevant."""
    classes: str | tuple[Any, ...] | dict[Any, Any] | None = None
    """Names of the classes in order, `{cat: 0}` or `{0: cat}`; or a JSON or text file with them."""
    label: Annotated[int, Ge(0)] | None = None
    """The class of every photo, where names say nothing."""
    on_error: Literal["raise", "skip"] = "raise"
    """A photo that cannot be read: an error, or left out and named in a warning."""

    def __post_init__(self) -> None:
        if self.resize is not None and self.resize < self.size:
            raise ComponentError(f"folder: resize={self.resize} is less than size={self.size}, which is cut from it")

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        listed = self._found(Path(name), split)
        reader = _Reader(self, listed)
        if self.label is None:
            labels = labels_of(listed, Path(name), self.classes)
            if from_folders(listed, Path(name), self.classes):
                reader.notes.lines += said_of_folders(listed, Path(name))
        else:
            labels = [self.label] * len(listed.photos)
        kept: list[int] = []
        broken: list[str] = []
        most = len(listed.photos) if limit is None else min(limit, len(listed.photos))
        images, marked = Stack(most), Stack(most)
        for number, path in enumerate(listed.photos):
            if len(images) >= most:
                break
            try:
                image, relevant = reader.read(path)
            except DataError as error:
                if self.on_error == "raise":
                    raise
                broken.append(str(error))
            else:
                kept.append(number)
                images.add(image)
                if relevant is not None:
                    marked.add(relevant)
        if not kept:
            raise DataError(f"none of the {len(broken)} photos of {listed.folder} can be read: {'; '.join(broken)}")
        if broken:
            reader.notes.lines.append(f"{len(broken)} left out: {'; '.join(broken)}")
        reader.close()
        return Samples(
            images.tensor(),
            torch.tensor([labels[number] for number in kept]),
            marked.tensor() if len(marked) else None,
            tuple(listed.photos[number].relative_to(listed.folder).as_posix() for number in kept),
        )

    def _found(self, root: Path, split: str | None) -> Found:
        apart = [Path(path) for path in (self.masks, self.boxes, self.classes) if isinstance(path, str)]
        listed = found(root, split, apart)
        others = [name for name in listed.others if not self.boxes or not name.lower().endswith(".xml")]
        photos = listed.photos if self.masks is None else without_masks(listed.photos)
        return Found(listed.folder, photos, listed.folders, tuple(others))

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        for number in range(6):
            path = folder / ("cats", "dogs")[number % 2] / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (40, 32), (40 * number, 90, 255 - 40 * number)).save(path)
        return str(folder), {"size": 16}


class _Reader:
    """Reads the photos of one folder, and notes what there is to say of them."""

    def __init__(self, source: Folder, listed: Found) -> None:
        self.source = source
        self.square = Square(source.resize or round(source.size * 8 / 7), source.size)
        self.notes = Notes(str(listed.folder))
        self.notes.lines += [line] if (line := listed.passed_over()) else []
        near = (listed.folder, listed.photos)
        masks, boxes = source.masks, source.boxes
        self.masks = None if masks is None else Companions("mask", Path(masks), *near, SUFFIXES, ENDINGS)
        self.boxes = None if boxes is None else Companions("boxes", Path(boxes), *near, {".xml"})
        self.marked: dict[bool, list[Path]] = {True: [], False: []}

    def read(self, path: Path) -> tuple[Tensor, Tensor | None]:
        """The square (3,size,size) of a photo, and what is relevant in it (size,size), if anyone says so."""
        taken = photo(path)
        whole = self._relevant(path, taken)
        image = taken.cut(self.square)
        relevant = None if whole is None else np.asarray(self.square.cut(whole, smooth=False)) > 0
        for note in taken.notes:
            self.notes.add(note, path.name)
        if whole is not None and relevant is not None and not relevant.any() and whole.getbbox() is not None:
            self.notes.add(CUT_AWAY, path.name)
        return image, None if relevant is None else torch.from_numpy(relevant)

    def close(self) -> None:
        """Say what was noted.

        Raises:
            DataError: masks that mean different things.
        """
        if self.source.void == "auto":
            agree(self.marked[True], self.marked[False])
        if told := self.notes.told():
            warnings.warn(told, stacklevel=4)

    def _relevant(self, path: Path, taken: Photo) -> Image.Image | None:
        if self.masks is not None:
            read = mask(own := self.masks.of(path), path, taken.source, self.source.void)
            if read.relevant.any():
                self.marked[read.binary].append(own)
            if read.relevant.all():
                self.notes.add("have a mask that marks every pixel", path.name)
            return painted(read.relevant)
        if self.boxes is not None:
            return boxed(self.boxes.of(path), path, taken.source)
        return None
