"""Masks: which pixels of a photo are relevant, as an index a pixel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from xaiplug.errors import DataError
from xaiplug_sources.decoding import Decoded, decoded

Void = int | Literal["auto"] | None
ENDINGS = ("", "_mask", "-mask", "_segmentation", "_seg", "_gt")
"""What the name of a mask adds to that of its photo."""

_VOID = 255
_LOSSY = frozenset({".jpg", ".jpeg", ".jpe", ".jfif"})
_NEAR = 32
"""How far a lossy format moves black and white."""


@dataclass(frozen=True, eq=False)
class Mask:
    """`relevant` (H,W) bool; `binary`: its only numbers are 0 and 255, so that 255 is what it marks."""

    relevant: np.ndarray
    binary: bool


def without_masks(files: Sequence[Path]) -> tuple[Path, ...]:
    """The files that are not called as the mask of one beside them: `bird_mask.png` beside `bird.png` is."""
    masks = {path.with_name(path.stem + end) for path in files for end in ENDINGS if end}
    return tuple(path for path in files if path.with_suffix("") not in masks)


def mask(path: Path, photo: Path, source: Decoded, void: Void) -> Mask:
    """What a mask marks on its photo: every index but 0, and but the void one.

    A palette's index counts, not its colour. Where the alpha channel varies, what is transparent is not marked.
    `void="auto"`: 255, unless the mask has no numbers but 0 and 255 (and is no palette).

    Raises:
        DataError: broken, of another size than its photo, or of numbers that are no indices.
    """
    image = decoded(path)
    if image.size != source.size:
        turned = f", {source.stored[0]}x{source.stored[1]} before its orientation tag" if source.orientation > 1 else ""
        sizes = f"{image.size[0]}x{image.size[1]}, and {photo} is {source.size[0]}x{source.size[1]}{turned}"
        raise DataError(f"{path} is {sizes}; a mask has the size of its photo")
    return _read(image, path, void)


def agree(binary: Sequence[Path], indexed: Sequence[Path]) -> None:
    """Raise a DataError if some masks of a folder mark by 255 and others by indices: for the former 255 may be void."""
    if binary and indexed:
        raise DataError(
            f"{indexed[0]} has indices, and {binary[0]} no number but 0 and 255: is 255 void there, or what it marks? "
            "say void=255, or void=None"
        )


def _read(image: Decoded, path: Path, void: Void) -> Mask:
    pixels = image.pixels
    opaque: np.ndarray | None = None
    if isinstance(pixels, Image.Image):
        palette = pixels.mode == "P"
        if palette or pixels.mode in ("1", "L"):
            index = np.asarray(pixels).astype(np.int64) * (255 if pixels.mode == "1" else 1)
        else:
            index, opaque = _of_colours(pixels, path)
    else:
        palette = False
        index = _whole(pixels, path)
    if path.suffix.lower() in _LOSSY:
        index = _thresholded(index, path)
    return _marked(index, opaque, path, palette, void)


def _of_colours(pixels: Image.Image, path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The largest band of every pixel, and where it is opaque, if that varies."""
    bands = np.asarray(pixels.convert("RGBA")).astype(np.int64)
    colour, alpha = bands[..., :3], bands[..., 3]
    if alpha.min() == alpha.max():
        if alpha.min() == 0:
            raise DataError(f"{path} is transparent everywhere, and marks nothing that can be seen")
        return _grey(colour), None
    opaque = alpha > 127
    seen = colour[opaque]
    if not len(seen) or (seen == seen[0]).all():  # one colour: the alpha channel is the mask
        return opaque * _VOID, None
    return _grey(colour), opaque


def _grey(colour: np.ndarray) -> np.ndarray:
    """Indices of a mask that was saved as colours: grey is its number; another colour some number, black is 0."""
    if (colour == colour[..., :1]).all():
        return colour[..., 0]
    border = (colour == (224, 224, 192)).all(-1)  # void, as the palette of Pascal VOC paints it
    return np.where(border, _VOID, (colour > 0).any(-1))


def _whole(numbers: np.ndarray, path: Path) -> np.ndarray:
    if numbers.shape[2] != 1 or not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
        raise DataError(f"{path} holds no indices: {numbers.shape[2]} bands of {numbers.dtype}; save whole numbers")
    return numbers[..., 0].astype(np.int64)


def _thresholded(index: np.ndarray, path: Path) -> np.ndarray:
    if ((index > _NEAR) & (index < _VOID - _NEAR)).any():
        raise DataError(f"{path} is a JPEG, which blurs indices; save masks as PNG")
    return np.where(index > _VOID // 2, _VOID, 0)


def _marked(index: np.ndarray, opaque: np.ndarray | None, path: Path, palette: bool, void: Void) -> Mask:
    values = np.unique(index)
    binary = not palette and set(values.tolist()) <= {0, _VOID}
    if void != "auto":
        void_index = -1 if void is None else void
    else:
        void_index = -1 if binary else _VOID
        others = values[(values > 0) & (values < _VOID)]
        if len(others) > 16 and not palette and (index == _VOID).sum() > (np.isin(index, others)).sum():
            raise DataError(f"{path} has soft edges: {len(others)} greys between 0 and 255; say void=None, or void=255")
    relevant = (index != 0) & (index != void_index)
    return Mask(relevant if opaque is None else relevant & opaque, binary and bool(relevant.any()))


def painted(relevant: np.ndarray) -> Image.Image:
    """(H,W) bool as an image that can be cut."""
    return Image.fromarray(relevant.astype(np.uint8) * 255)
