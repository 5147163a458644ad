"""The square that is cut from the middle of a photo, and of whatever lies on it."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from xaiplug.errors import DataError

_LARGEST = 2**27
"""Pixels of a resized photo; a strip of 1 x 10000 would become gigabytes."""


@dataclass(frozen=True)
class Square:
    """The short side becomes `short` pixels, then `size` x `size` are cut from the middle."""

    short: int
    size: int

    def cut(self, image: Image.Image, *, smooth: bool) -> Image.Image:
        """An image of the whole photo -> the square; `smooth` = bilinear, else every pixel is one of the old ones.

        Raises:
            DataError: so long and thin that its resized form would not fit into memory.
        """
        scale = self.short / min(image.size)
        width, height = (max(self.size, round(side * scale)) for side in image.size)
        if width * height > _LARGEST:
            raise DataError(f"an image of {image.width}x{image.height} is too long and thin to be cut; crop it")
        resized = image.resize((width, height), Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST)
        left, top = (width - self.size) // 2, (height - self.size) // 2
        return resized.crop((left, top, left + self.size, top + self.size))
