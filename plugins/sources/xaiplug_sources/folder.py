"""Photos in a folder, with their classes, and what is relevant in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from xml.etree import ElementTree

import numpy as np
import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import DataSource, Samples
from xaiplug.errors import DataError

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


class Folder(DataSource):
    """Images of a folder, in pixel space.

    Sub-folders are classes in sorted order; in a flat folder with a `classes.json` (a list of names, or of objects with
    a `wnid`), a file `<name>_anything.jpg` has the class of its name. A split is a folder below the one named.
    """

    names = "folder"
    paths = ("masks", "boxes", "classes")
    example = "photos"

    size: Annotated[int, Ge(1)] = 224
    """Side of the square that is cut from the middle, in pixels."""
    resize: Annotated[int, Ge(1)] | None = None
    """The short side before that; size * 8/7 unless given."""
    masks: str | None = None
    """A folder of PNG masks with the images' stems: what is not 0 is relevant."""
    boxes: str | None = None
    """A folder of Pascal VOC XML files with the images' stems: the inside of every box is relevant."""
    classes: str | tuple[str, ...] | None = None
    """Names of the classes in order, or a JSON file with them."""
    label: int | None = None
    """The class of every image, where names say nothing."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        folder = Path(name) / (split or "")
        files = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in IMAGES)[:limit]
        if not files:
            raise DataError(f"no images in {folder} (looked for {', '.join(sorted(IMAGES))})")
        names = _class_names(folder, self.classes) if self.label is None else []
        labels = [_label(path, folder, names) if self.label is None else self.label for path in files]
        short, size = self.resize or round(self.size * 8 / 7), self.size
        images = torch.stack([_image(path, short, size) for path in files])
        relevant = None
        if self.masks is not None:
            relevant = torch.stack([_mask(Path(self.masks) / f"{path.stem}.png", short, size) for path in files])
        elif self.boxes is not None:
            boxes = Path(self.boxes)
            relevant = torch.stack([_boxed(boxes / f"{path.stem}.xml", path, short, size) for path in files])
        return Samples(images, torch.tensor(labels), relevant, tuple(str(path.relative_to(folder)) for path in files))

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        from PIL import Image

        for number in range(6):
            path = folder / ("cats", "dogs")[number % 2] / f"{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.new("RGB", (40, 32), (40 * number, 90, 255 - 40 * number)).save(path)
        return str(folder), {"size": 16}


def _class_names(folder: Path, classes: str | Sequence[str] | None) -> list[str]:
    if isinstance(classes, str):
        return _listed(Path(classes))
    if classes is not None:
        return list(classes)
    if (listed := folder / "classes.json").is_file():
        return _listed(listed)
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def _listed(path: Path) -> list[str]:
    """Names in a JSON list: strings, or objects whose `wnid` is the name."""
    return [item["wnid"] if isinstance(item, dict) else item for item in json.loads(path.read_text())]


def _label(path: Path, folder: Path, names: list[str]) -> int:
    own = path.relative_to(folder)
    name = own.parts[0] if len(own.parts) > 1 else own.name.split("_")[0]
    if name not in names:
        raise DataError(
            f"{path}: '{name}' is no class of {folder}; put images in one sub-folder per class, or give classes="
        )
    return names.index(name)


def _opened(path: Path, mode: str) -> Any:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            return opened.convert(mode)
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}") from error


def _square(image: Any, short: int, size: int, nearest: bool) -> Any:
    from PIL import Image

    scale = short / min(image.size)
    width, height = (max(size, round(side * scale)) for side in image.size)
    resized = image.resize((width, height), Image.Resampling.NEAREST if nearest else Image.Resampling.BILINEAR)
    left, top = (width - size) // 2, (height - size) // 2
    return resized.crop((left, top, left + size, top + size))


def _image(path: Path, short: int, size: int) -> Tensor:
    pixels = np.asarray(_square(_opened(path, "RGB"), short, size, nearest=False), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _mask(path: Path, short: int, size: int) -> Tensor:
    if not path.is_file():
        raise DataError(f"no mask at {path}")
    return torch.from_numpy(np.asarray(_square(_opened(path, "L"), short, size, nearest=True)) > 0)


def _boxed(path: Path, photo: Path, short: int, size: int) -> Tensor:
    """(size,size) bool: the inside of every box of a Pascal VOC file, whose corners are pixels counted from 1."""
    from PIL import Image, ImageDraw

    try:
        boxes = ElementTree.parse(path).iter("bndbox")
        corners = [[round(float(box.findtext(name, ""))) - 1 for name in _CORNERS] for box in boxes]
    except (OSError, ElementTree.ParseError, ValueError) as error:
        raise DataError(f"{path} cannot be read as Pascal VOC boxes: {error}") from error
    drawn = Image.new("L", _opened(photo, "RGB").size)
    for corner in corners:
        ImageDraw.Draw(drawn).rectangle(corner, fill=255)
    return torch.from_numpy(np.asarray(_square(drawn, short, size, nearest=True)) > 0)
