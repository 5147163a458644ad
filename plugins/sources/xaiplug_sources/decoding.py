"""From an image file to its pixels, upright, in all the bits that they have."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xaiplug.errors import DataError

SUFFIXES = frozenset(
    {".apng", ".avif", ".bmp", ".dib", ".gif", ".j2c", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpf", ".jpg"}
    | {".jpx", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
)
"""Formats that are read."""

_TAG = 0x0112
_STEPS = (
    (Image.Transpose.TRANSPOSE, (5, 6, 7, 8)),
    (Image.Transpose.FLIP_LEFT_RIGHT, (2, 3, 6, 7)),
    (Image.Transpose.FLIP_TOP_BOTTOM, (3, 4, 7, 8)),
)
"""What turns stored pixels upright, one after the other, and for which values of the EXIF tag."""


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image as its file shows it.

    `pixels` is a PIL image of 8 bits a band; or an array (H,W,C) of the file's own numbers where they are more.
    `orientation` is the EXIF tag that was followed (1 = stored upright), `frames` how many pictures the file has.
    """

    pixels: Any
    orientation: int
    frames: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as shown."""
        if isinstance(self.pixels, Image.Image):
            return self.pixels.size
        height, width = self.pixels.shape[:2]
        return width, height

    @property
    def stored(self) -> tuple[int, int]:
        """Width and height before it was turned upright."""
        width, height = self.size
        return (height, width) if self.orientation >= 5 else (width, height)


def decoded(path: Path) -> Decoded:
    """The first picture of a file, upright.

    Raises:
        DataError: it is not there, broken, or of a kind that nobody can read.
    """
    try:
        return _deep_tiff(path) if _is_deep_tiff(path) else _by_pillow(path)
    except DataError:
        raise
    except Exception as error:  # decoders of broken files raise whatever comes
        raise DataError(f"{path} cannot be read as an image: {type(error).__name__}: {error}") from error


def turned(image: Image.Image, orientation: int) -> Image.Image:
    """A stored image as its orientation tag shows it."""
    for step, values in _STEPS:
        image = image.transpose(step) if orientation in values else image
    return image


def _by_pillow(path: Path) -> Decoded:
    if not path.stat().st_size:
        raise DataError(f"{path} is empty: 0 bytes")
    with Image.open(path) as opened:
        frames = getattr(opened, "n_frames", 1)
        orientation = _orientation(opened) if opened.format == "TIFF" else 0
        opened.load()
        turn = 1 if orientation else _orientation(opened)  # Pillow turns TIFFs upright while it loads them
        if opened.mode.startswith("I") or opened.mode == "F" or _is_deep_png(path):
            return Decoded(_turned(_deep(opened, path), turn), orientation or turn, frames)
        return Decoded(turned(opened.copy(), turn), orientation or turn, frames)


def _orientation(image: Image.Image) -> int:
    """1 to 8; 1 where there is no tag, or none that can be read."""
    try:
        return _known(image.getexif().get(_TAG, 1))
    except Exception:  # a broken tag is no broken image
        return 1


def _known(value: Any) -> int:
    return value if value in range(1, 9) else 1


def _turned(array: np.ndarray, orientation: int) -> np.ndarray:
    """`turned`, of an array (H,W,C)."""
    array = array.swapaxes(0, 1) if orientation in _STEPS[0][1] else array
    array = array[:, ::-1] if orientation in _STEPS[1][1] else array
    return array[::-1] if orientation in _STEPS[2][1] else array


def _deep(image: Image.Image, path: Path) -> np.ndarray:
    """(H,W,C) of an image of more than 8 bits."""
    if "transparency" in image.info:
        raise DataError(f"{path} has more than 8 bits and one transparent colour; save it with an alpha channel")
    if _is_deep_png(path) and not image.mode.startswith("I"):
        return _library("imagecodecs", path).png_decode(path.read_bytes())
    array = np.asarray(image)
    if image.mode == "I" and image.format != "TIFF":  # portable greymaps, and 16-bit PNGs of older Pillows
        array = array.astype(np.uint16)
    return array.astype(array.dtype.newbyteorder("="))[..., None]


def _library(name: str, path: Path) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise DataError(f"{path} has bands of more than 8 bits, which {name} reads; pip install {name}") from error


def _is_deep_png(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(26)
    return head[:8] == b"\x89PNG\r\n\x1a\n" and head[24:25] == b"\x10"


def _is_deep_tiff(path: Path) -> bool:
    """Whether a TIFF holds what Pillow cannot, or cuts to 8 bits: several bands of more, or numbers of 64."""
    with path.open("rb") as file:
        if file.read(4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            return False
    try:
        with Image.open(path) as opened:
            bits = opened.tag_v2.get(258, (1,))  # type: ignore[attr-defined]
    except OSError:
        return True
    return len(bits) > 1 and max(bits) > 8


def _deep_tiff(path: Path) -> Decoded:
    tifffile = _library("tifffile", path)
    with tifffile.TiffFile(path) as file:
        page = file.pages[0]
        if page.photometric not in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.RGB):
            raise DataError(f"{path}: a TIFF of kind {page.photometric.name} with {page.dtype} numbers is not read")
        array = page.asarray()
        array = np.moveaxis(array, 0, 2) if page.axes == "SYX" else array
        array = array[..., None] if array.ndim == 2 else array
        tag = page.tags.get(_TAG)
        orientation = _known(1 if tag is None else int(tag.value))
        return Decoded(_turned(array, orientation), orientation, len(file.pages))
