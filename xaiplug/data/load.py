"""Data by reference: the samples of a task, a folder of images, or any attribute of any module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import torch
from torch import Tensor

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.tasks import find_task

IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".webp"}
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def load_data(reference: str, *, split: str | None = None, limit: int | None = None, **params: Any) -> Samples:
    """Samples by reference.

    - `task:decoy-mnist`: a task's own data, with its truth; `split` as the task names them (default "test").
    - `folder:photos`: images in pixel space. Sub-folders are classes in sorted order; in a flat folder with a
      `classes.json` (a list of names, or of objects with a `wnid`), a file `<name>_anything.jpg` has the class of its
      name. `size=` crops a square from the middle (default 224), `resize=` is the short side before that (default
      size * 8/7), `classes=` another list; `label=` is the class index of every image where names say nothing. What is
      relevant: `masks=`, a folder of PNG masks with the same stems (not 0), or `boxes=`, one of Pascal VOC XML files.
    - `package.module:attribute`: `Samples`, or a callable that returns them. This runs code.

    Raises:
        DataError: nothing there, an unknown split, or an image that cannot be read.
    """
    scheme, _, rest = reference.partition(":")
    match scheme:
        case "task" if rest:
            return find_task(rest).samples(split or "test", limit=limit, **params)
        case "folder" if rest:
            return _folder(Path(rest) / (split or ""), limit, **params)
        case _ if rest:
            return _attribute(scheme, rest, split, limit, params)
    raise DataError(f"'{reference}' is no data reference; write task:..., folder:..., or module:attr")


def _attribute(module: str, attribute: str, split: str | None, limit: int | None, params: dict[str, Any]) -> Samples:
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise DataError(f"'{module}:{attribute}' cannot be imported: {error}") from error
    given = params | ({} if split is None else {"split": split})
    samples = found if isinstance(found, Samples) else found(**given)
    if not isinstance(samples, Samples):
        raise DataError(f"'{module}:{attribute}' gave {type(samples).__name__}; expected xaiplug.Samples")
    return samples[:limit] if limit is not None else samples


def _folder(
    folder: Path,
    limit: int | None,
    *,
    size: int = 224,
    resize: int | None = None,
    masks: str | None = None,
    boxes: str | None = None,
    classes: str | Sequence[str] | None = None,
    label: int | None = None,
) -> Samples:
    files = sorted(path for path in folder.glob("**/*") if path.suffix.lower() in IMAGES)[:limit]
    if not files:
        raise DataError(f"no images in {folder} (looked for {', '.join(sorted(IMAGES))})")
    names = _class_names(folder, classes) if label is None else []
    labels = [_label(path, folder, names) if label is None else label for path in files]
    short = resize or round(size * 8 / 7)
    images = torch.stack([_image(path, short, size) for path in files])
    relevant = None
    if masks is not None:
        relevant = torch.stack([_mask(Path(masks) / f"{path.stem}.png", short, size) for path in files])
    elif boxes is not None:
        relevant = torch.stack([_boxed(Path(boxes) / f"{path.stem}.xml", path, short, size) for path in files])
    return Samples(images, torch.tensor(labels), relevant, tuple(str(path.relative_to(folder)) for path in files))


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
