"""Photos in pixel space: three bands from 0 to 1, whatever the file holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from xaiplug.errors import DataError
from xaiplug_sources.decoding import Decoded, decoded
from xaiplug_sources.geometry import Square

ON_WHITE = "had transparent parts, now on white"
FIRST_FRAME = "had several pictures, the first was taken"
DARK = "had 16 bits and used 12 at most, so that it is dark"


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright photo: `bands` is one RGB image of 8 bits, or three of floats in [0,1]; `notes` says what was done."""

    bands: tuple[Image.Image, ...]
    source: Decoded
    notes: tuple[str, ...]

    def cut(self, square: Square) -> Tensor:
        """The square (3,size,size) from the middle, in [0,1]."""
        bands = [np.asarray(square.cut(band, smooth=True), dtype=np.float32) for band in self.bands]
        pixels = bands[0] / 255 if len(bands) == 1 else np.stack(bands, 2)
        return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def photo(path: Path) -> Photo:
    """A photo in pixel space. Transparent parts lie on white; of several pictures the first counts.

    Raises:
        DataError: it cannot be read, or nobody can say which of its numbers is white.
    """
    source = decoded(path)
    notes = [FIRST_FRAME] if source.frames > 1 else []
    if isinstance(source.pixels, Image.Image):
        bands, clear = _of_bytes(source.pixels, path)
    else:
        numbers = source.pixels
        if numbers.dtype == np.uint16 and 0 < numbers.max() < 4096:
            notes.append(DARK)
        bands, clear = _of_numbers(in_pixel_space(numbers, path), path)
    return Photo(bands, source, (*notes, *([ON_WHITE] if clear else ())))


def _of_bytes(image: Image.Image, path: Path) -> tuple[tuple[Image.Image, ...], bool]:
    try:
        if not image.has_transparency_data:
            return (image.convert("RGB"),), False
        full = image.convert("RGBA")
    except ValueError as error:
        raise DataError(f"{path} has colours of kind {image.mode}, which are not read: {error}") from error
    clear = full.getextrema()[3][0] < 255
    on_white = Image.alpha_composite(Image.new("RGBA", full.size, "white"), full)
    return (on_white.convert("RGB"),), clear


def in_pixel_space(numbers: np.ndarray, path: Path) -> np.ndarray:
    """(H,W,C) in [0,1], float32: whole numbers by the largest of their type, floats as they are."""
    if numbers.dtype in (np.uint8, np.uint16):
        return (numbers / np.iinfo(numbers.dtype).max).astype(np.float32)
    if numbers.dtype.kind != "f":
        raise DataError(f"{path} holds numbers of type {numbers.dtype}, and nobody says which is white; save 16 bits")
    low, high = float(numbers.min()), float(numbers.max())
    if not (low >= 0 and high <= 1):
        raise DataError(
            f"{path} holds floating-point numbers from {low:g} to {high:g}; pixels run from 0 to 1: rescale the file"
        )
    return numbers.astype(np.float32)


def _of_numbers(pixels: np.ndarray, path: Path) -> tuple[tuple[Image.Image, ...], bool]:
    channels = pixels.shape[2]
    if channels not in (1, 2, 3, 4):
        raise DataError(f"{path} has {channels} channels; a photo has grey or red, green, blue, and perhaps alpha")
    colours = pixels[..., : 1 if channels < 3 else 3]
    clear = False
    if channels in (2, 4):
        alpha = pixels[..., -1:]
        clear = bool((alpha < 1).any())
        colours = colours * alpha + (1 - alpha)
    whole: Any = np.broadcast_to(colours, (*colours.shape[:2], 3))
    return tuple(Image.fromarray(np.ascontiguousarray(whole[..., band])) for band in range(3)), clear
