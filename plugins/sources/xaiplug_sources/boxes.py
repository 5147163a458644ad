"""Boxes of Pascal VOC files, on the photo as it is shown."""

from __future__ import annotations

import warnings
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image, ImageDraw

from xaiplug.errors import DataError
from xaiplug_sources.decoding import Decoded, turned

_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def boxed(path: Path, photo: Path, source: Decoded) -> Image.Image:
    """The inside of every box in white, on the size of the upright photo; corners are pixels counted from 1.

    A photo with an orientation tag: `size` in the file says whether its boxes lie on the stored or the upright pixels;
    where that does not tell, the one that has all boxes inside; where both have, the stored ones, and a warning.

    Raises:
        DataError: no such file, no boxes that can be read, boxes of another size, or outside of the photo.
    """
    size, corners = _read(path)
    if size is not None and size not in (source.size, source.stored):
        raise DataError(f"{path} is of a photo of {_told(size)}, and {photo} is {_told(source.size)}")
    frames = [(source.stored, True), (source.size, False)]
    meant = [(frame, stored) for frame, stored in frames if size in (None, frame)]
    fits = [(frame, stored) for frame, stored in meant if all(_inside(box, frame) for box in corners)]
    if not fits:
        raise DataError(f"{path} has a box outside of {photo}, which is {_told(source.size)}: {corners}")
    if source.orientation > 1 and corners and len(fits) > 1:
        warnings.warn(
            f"{photo} has the orientation tag {source.orientation}, and nothing tells whether the boxes of {path} are "
            "of the stored or the upright photo: taken as stored; save the photo upright to be sure",
            stacklevel=2,
        )
    frame, stored = fits[0]
    drawn = Image.new("L", frame)
    for left, top, right, bottom in corners:
        ImageDraw.Draw(drawn).rectangle((left - 1, top - 1, right - 1, bottom - 1), fill=255)
    return turned(drawn, source.orientation) if stored else drawn


def _read(path: Path) -> tuple[tuple[int, int] | None, list[list[int]]]:
    """Width and height that the file states, and (xmin, ymin, xmax, ymax) of every box."""
    try:
        tree = ElementTree.parse(path)
        corners = [[round(float(box.findtext(name, ""))) for name in _CORNERS] for box in tree.iter("bndbox")]
        width, height = (int(tree.findtext(f"size/{side}", "0")) for side in ("width", "height"))
    except FileNotFoundError as error:
        raise DataError(f"no boxes at {path}") from error
    except Exception as error:  # whatever the parser makes of a file that is no XML
        raise DataError(f"{path} cannot be read as Pascal VOC boxes: {error}") from error
    for box in corners:
        if box[0] > box[2] or box[1] > box[3]:
            raise DataError(f"{path} has a box whose end is before its start: {box}")
    return ((width, height) if width > 0 and height > 0 else None), corners


def _inside(box: list[int], size: tuple[int, int]) -> bool:
    """Within the photo, but for the one pixel by which files that count from 0 are off."""
    return min(box[:2]) >= 0 and box[2] <= size[0] + 1 and box[3] <= size[1] + 1


def _told(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
