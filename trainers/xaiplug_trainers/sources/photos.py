"""Photos of ImageNet in a folder, animals and things."""

from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from xaiplug.errors import DataError
from xaiplug_trainers.sources.base import Images, Part, Source, stratified
from xaiplug_trainers.sources.files import content_hash, find

__all__ = ["Photos"]

_SIZE = 64
_LAST_ANIMAL = "n02600000"
"""WordNet numbers animals from n013 to n025; the rest are things, food, places and a few people."""


class Photos(Source):
    """Photos `<wnid>_*.jpg` in `imagenet/`, their middle at 64x64: animals and the rest. A fifth of each is `test`."""

    name: ClassVar[str] = "photos"
    channels: ClassVar[int] = 3
    size: ClassVar[int] = _SIZE
    class_names: ClassVar[tuple[str, ...]] = ("animal", "thing")
    mean: ClassVar[tuple[float, ...] | None] = (0.485, 0.456, 0.406)
    std: ClassVar[tuple[float, ...] | None] = (0.229, 0.224, 0.225)

    def images(self, part: Part) -> Images:
        pixels, labels = _read(self._files())
        train, test = stratified(labels, share=0.2, seed=0)
        chosen = train if part == "train" else test
        return Images(pixels[chosen], labels[chosen], chosen)

    def identity(self) -> str:
        return f"photos-{content_hash(*self._files())}"

    def _files(self) -> tuple[Path, ...]:
        how = "Put photos named <wnid>_<anything>.jpg into `imagenet/` below data_root or XAIPLUG_DATA."
        folder = find("a folder of ImageNet photos", ["imagenet"], self.data_root, how)
        files = tuple(sorted(folder.glob("n[0-9]*_*.jpg")))
        if len({path.name < _LAST_ANIMAL for path in files}) < 2:
            raise DataError(f"{folder} has no photos of both animals and things. {how}")
        return files


@cache
def _read(files: tuple[Path, ...]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    photos = [ImageOps.fit(Image.open(path).convert("RGB"), (_SIZE, _SIZE)) for path in files]
    labels = [int(path.name >= _LAST_ANIMAL) for path in files]
    return np.stack([np.asarray(photo).transpose(2, 0, 1) for photo in photos]), np.asarray(labels, dtype=np.int64)
