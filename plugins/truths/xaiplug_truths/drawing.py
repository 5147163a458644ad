"""Images of a truth and their exact answer."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from xaiplug import Exact, FeatureGroups, Samples
from xaiplug_truths.catalogue import CATALOGUE
from xaiplug_truths.forms import Forms
from xaiplug_truths.networks import PATCH, PLAYERS, SIDE


def drawn(name: str, count: int, seed: int) -> Samples:
    """The first `count` images of a truth; each has a generator of its own."""
    truth = CATALOGUE[name]
    generators = [np.random.default_rng([seed, zlib.crc32(name.encode()), number]) for number in range(count)]
    pixels = np.stack([_image(truth.means(rng), rng, flat=truth.flat) for rng in generators])
    inputs = torch.from_numpy(pixels.astype(np.float32))[:, None]
    means = means_of(inputs.double())
    forms = truth.forms(means)
    groups = FeatureGroups.of_cells(count, (SIDE // PATCH, SIDE // PATCH), (SIDE, SIDE))
    return Samples(
        inputs,
        torch.zeros(count, dtype=torch.int64),
        relevant=groups.broadcast((forms.shapley != 0).to(torch.int64)) > 0,
        ids=tuple(f"{name}-{seed}-{number}" for number in range(count)),
        extras=maps(forms, inputs.double(), groups),
        exact=Exact(groups, forms.shapley, truth.says, forms.interactions, of=name),
    )


def means_of(images: Tensor) -> Tensor:
    """Means (N,16) of the patches of images (N,1,16,16)."""
    cells = images.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH)
    return cells.mean((-2, -1)).flatten(1)


def maps(forms: Forms, images: Tensor, groups: FeatureGroups) -> dict[str, Tensor]:
    """The exact answers of single methods: `shapley` (N,16); `integrated_gradients` and `gradient` (N,1,16,16).

    All pixels of a patch have one slope, df/dm / 16. What the path gives a patch, its pixels have by their value.
    """
    means = means_of(images)
    by_value = torch.where(means > 0, forms.integrated / (means * PATCH**2), 0.0)
    return {
        "shapley": forms.shapley,
        "integrated_gradients": groups.broadcast(by_value)[:, None] * images,
        "gradient": groups.broadcast(forms.slope / PATCH**2)[:, None],
    }


def _image(means: NDArray[np.float64], rng: Generator, *, flat: bool) -> NDArray[np.float64]:
    """(16,16) in [0,1] with these means of its patches, up to rounding."""
    wide = np.minimum(means, 1 - means)[:, None] * (0.0 if flat else 0.8)
    texture = rng.uniform(-0.5, 0.5, (PLAYERS, PATCH * PATCH))
    cells = means[:, None] + wide * (texture - texture.mean(1, keepdims=True))
    side = SIDE // PATCH
    return cells.reshape(side, side, PATCH, PATCH).transpose(0, 2, 1, 3).reshape(SIDE, SIDE)
