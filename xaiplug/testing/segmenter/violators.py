"""Broken segmenters."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Segmenter
from xaiplug.testing.segmenter.examples import Halves
from xaiplug.testing.shared.violator import made, violator


class FloatLabels(Halves):
    """Labels that are no integers."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return super().segment(images, seeds).float()


class MinusTwo(Halves):
    """Marks pixels without a group by -2, on photographs that have any bright pixel."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return super().segment(images, seeds) * 3 - 2


class SquareOnly(Halves):
    """Mistakes the height for the width."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return super().segment(images, seeds).transpose(1, 2)


class ColourOnly(Halves):
    """Takes the second of three channels."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return super().segment(images[:, 1, None], seeds)


class FlattensVolumes(Halves):
    """Says that it cuts volumes, and sees their first slice alone."""

    volumes = True

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return super().segment(images[:, :, 0] if images.ndim == 5 else images, seeds)


class NoConstantImages(Halves):
    """Leaves every pixel of a flat image without a group."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        flat = images.flatten(1).std(1) < 1e-6
        return super().segment(images, seeds).masked_fill(flat[:, None, None], -1)


class SinglePrecision(Halves):
    """Adds a float32 constant in place of a cast."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        weight = torch.full((images.shape[1],), 1 / images.shape[1])
        grey = torch.einsum("bchw,c->bhw", images, weight)
        return (grey > grey.flatten(1).mean(1)[:, None, None]).long()


class FollowsGlobalRandomness(Segmenter):
    """Draws from the global random state, and puts it back."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            labels = torch.randint(0, 4, images.shape[2:])
        return labels.expand(len(images), *images.shape[2:]).clone()


class SeedsGlobally(Segmenter):
    """`torch.manual_seed` for labels that are the same for every sample."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        torch.manual_seed(0)
        return torch.randint(0, 4, images.shape[2:]).expand(len(images), *images.shape[2:]).clone()


class MeanOfBatch(Segmenter):
    """Compares each image with the brightness of the whole batch."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return (images.mean(1) > images.mean()).long()


class Stretches(Halves):
    """Stretches the user's own images to the whole range."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        low = images.flatten(1).amin(1)[:, None, None, None]
        images -= low
        return super().segment(images, seeds)


class CannotPickle(Halves):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open file")


class HiddenState(Segmenter):
    """What it computes depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        return torch.full((len(images), *images.shape[2:]), self.count)  # type: ignore[attr-defined]


VIOLATORS = (
    violator("labels", FloatLabels(), "any-size", "grey", "constant-image", "precision"),
    violator("labels", MinusTwo(), "any-size", "grey", "constant-image", "precision"),
    violator("any-size", SquareOnly()),
    violator("grey", ColourOnly()),
    violator("volumes", FlattensVolumes()),
    violator("constant-image", NoConstantImages()),
    violator("precision", SinglePrecision()),
    violator("deterministic", FollowsGlobalRandomness()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("batch-independent", MeanOfBatch()),
    violator("inputs-untouched", Stretches()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
