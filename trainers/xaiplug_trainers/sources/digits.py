"""scikit-learn's embedded handwritten digits, laid out like MNIST."""

from functools import cache
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate, pad

from xaiplug_trainers.sources.base import Images, Part, Source, stratified

__all__ = ["Digits"]


class Digits(Source):
    """1,797 digits of 8x8 pixels (Alpaydin and Kaynak, 1998), enlarged to 20x20 in a 28x28 frame as MNIST's are.

    A fifth of each class is `test`.
    """

    name: ClassVar[str] = "digits"
    channels: ClassVar[int] = 1
    size: ClassVar[int] = 28
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def images(self, part: Part) -> Images:
        pixels, labels = _everything()
        train, test = stratified(labels, share=0.2, seed=0)
        chosen = train if part == "train" else test
        return Images(pixels[chosen], labels[chosen], chosen)

    def identity(self) -> str:
        return "digits-1"


@cache
def _everything() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    from sklearn.datasets import load_digits

    raw = load_digits()
    small = torch.from_numpy(raw.images / 16.0)[:, None]
    large = interpolate(small, size=(20, 20), mode="bilinear", align_corners=False)
    framed = pad(large, (4, 4, 4, 4)).mul(255).round().to(torch.uint8)
    return framed.numpy(), raw.target.astype(np.int64)
