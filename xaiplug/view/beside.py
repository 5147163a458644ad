"""A page that would be too large keeps its pictures beside it."""

from __future__ import annotations

import base64
import hashlib
import re

LARGEST = 2_000_000
"""Letters of a page with its pictures inside."""

_PNG = r"data:image/png;base64,([A-Za-z0-9+/=]+)"
_CHANNELS = re.compile(r'data-channels="[^"]*"')
_PICTURE = re.compile(rf'(<img class="\w+" )src="{_PNG}"|url\({_PNG}\)')


def beside(page: str, folder: str) -> tuple[str, dict[str, bytes]]:
    """The page, with links in place of pictures if it is larger than `LARGEST`; and path -> PNG of each that was moved.

    Channels go first, which few ask for; the others stay if the page is small enough then: what lies beside a page on
    disk no script may read, so its scale cannot be changed.

    Args:
        folder: name of the folder that they are put into, beside the page. Files are named by what is in them.
    """
    if len(page) <= LARGEST:
        return page, {}
    pictures: dict[str, bytes] = {}

    def moved(found: re.Match[str]) -> str:
        name = named(found[2] or found[3])
        return f'{found[1]}loading="lazy" src="{name}"' if found[2] else f"url({name})"

    def named(encoded: str) -> str:
        content = base64.b64decode(encoded)
        name = f"{folder}/{hashlib.sha256(content).hexdigest()[:20]}.png"
        pictures[name] = content
        return name

    page = _CHANNELS.sub(lambda found: re.sub(_PNG, lambda one: named(one[1]), found[0]), page)
    return page if len(page) <= LARGEST else _PICTURE.sub(moved, page), pictures
