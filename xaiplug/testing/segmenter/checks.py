"""Checks of segmenters."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.data.seeds import sample_seeds
from xaiplug.errors import XaiplugError
from xaiplug.kinds import Segmenter
from xaiplug.testing.segmenter.scenes import photographs, segmented
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.untouched import unchanged, untouched_by


def _valid(labels: Tensor, images: Tensor) -> Measured:
    expected = (len(images), *images.shape[2:])
    if not isinstance(labels, Tensor) or tuple(labels.shape) != expected:
        shape = tuple(labels.shape) if isinstance(labels, Tensor) else type(labels).__name__
        raise Violation(f"labels are {shape}, expected {expected}")
    if labels.dtype != torch.int64:
        raise Violation(f"labels are {labels.dtype}, expected torch.int64")
    if int(labels.min()) < -1:
        raise Violation(f"label {int(labels.min())}: labels are 0 or more, or -1 for no group")
    if bool((labels < 0).flatten(1).all(1).any()):
        raise Violation("an image without any group")
    if labels.device != images.device:
        raise Violation(f"labels are on {labels.device}, images on {images.device}")
    return Measured(detail=f"{[int(row.unique().numel()) for row in labels]} groups")


@check("labels")
def labels(segmenter: Segmenter) -> Measured:
    """Labels (B,H,W) int64, 0 or more, or -1 for no group; at least one group in every image."""
    images = photographs()
    return _valid(segmented(segmenter, images), images)


@check("any-size")
def any_size(segmenter: Segmenter) -> Measured:
    """Images need not be square, nor their sides even."""
    images = photographs()[:, :, :29, :23].contiguous()
    return _valid(segmented(segmenter, images), images)


@check("grey")
def grey(segmenter: Segmenter) -> Measured:
    """Images of one channel work, or are refused with a clear error."""
    images = photographs()[:, :1].contiguous()
    try:
        return _valid(segmented(segmenter, images), images)
    except XaiplugError as error:
        raise Skip(f"refuses grey images: {error}") from error


def _volumes(segmenter: Segmenter) -> str | None:
    return None if segmenter.volumes else "does not say that it cuts volumes"


@check("volumes", applies=_volumes)
def volumes(segmenter: Segmenter) -> Measured:
    """Labels (B,D,H,W) of volumes (B,C,D,H,W), each sample's the same alone."""
    depth = torch.stack([photographs(), 1 - photographs(), photographs().flip(3)], dim=2)
    whole = segmented(segmenter, depth)
    if not _same_partition(whole, torch.cat([segmented(segmenter, one[None]) for one in depth])):
        raise Violation("one by one differs from the batch")
    return _valid(whole, depth)


@check("constant-image")
def constant_image(segmenter: Segmenter) -> Measured:
    """An image of one colour is cut like any other, or is one group."""
    images = torch.full_like(photographs(), 0.5)
    return _valid(segmented(segmenter, images), images)


@check("precision")
def precision(segmenter: Segmenter) -> Measured:
    """float64 images work."""
    images = photographs().double()
    return _valid(segmented(segmenter, images), images)


@check("deterministic")
def deterministic(segmenter: Segmenter) -> None:
    """The same seed gives the same labels, whatever the global random state."""
    one, two = two_states(lambda: segmented(segmenter))
    if not torch.equal(one, two):
        raise Violation(f"a second call gives other labels in {_share(one, two):.0%} of the pixels")


@check("global-rng-untouched")
def global_rng_untouched(segmenter: Segmenter) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    untouched_by(lambda: segmented(segmenter))


@check("batch-independent")
def batch_independent(segmenter: Segmenter) -> None:
    """B images at once, one by one, and in another order give the same groups."""
    images = photographs()
    whole = segmented(segmenter, images)
    single = torch.cat([segmented(segmenter, image[None]) for image in images])
    if not _same_partition(whole, single):
        raise Violation(f"one by one differs from the batch in {_share(whole, single):.0%} of the pixels")
    order = torch.tensor([2, 0, 1])
    if not _same_partition(segmented(segmenter, images[order]), whole[order]):
        raise Violation("another order of the images gives other groups")


@check("inputs-untouched")
def inputs_untouched(segmenter: Segmenter) -> None:
    """Images and seeds are as before."""
    images = photographs()
    seeds = sample_seeds(images, 0)
    unchanged({"images": images, "seeds": seeds}, lambda: segmenter.segment(images, seeds), "the argument")


def _same_partition(one: Tensor, two: Tensor) -> bool:
    """Whether the groups are the same, whatever their numbers."""
    for first, second in zip(one.flatten(1), two.flatten(1), strict=True):
        pairs = torch.stack([first, second], 1).unique(dim=0)
        if not len(pairs) == first.unique().numel() == second.unique().numel():
            return False
        if not torch.equal(first < 0, second < 0):
            return False
    return True


def _share(one: Tensor, two: Tensor) -> float:
    return float((one != two).double().mean())


CHECKS = (
    labels,
    any_size,
    grey,
    volumes,
    constant_image,
    precision,
    deterministic,
    global_rng_untouched,
    batch_independent,
    inputs_untouched,
    *COMMON,
)
