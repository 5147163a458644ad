"""Baselines without detail."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import torch
from torch import Tensor

from xaiplug import Baseline, Query
from xaiplug.errors import ComponentError


class Black(Baseline):
    """Pixel 0 everywhere.

    (1,B,*shape): black in pixel space, whatever the normalisation; zero for embeddings and rows.

    >>> import xaiplug
    >>> query = xaiplug.Query(None, torch.ones(2, 3), None, torch.zeros(2))
    >>> Black().build(query)
    tensor([[[0., 0., 0.],
             [0., 0., 0.]]])
    """

    reads_only = True

    def build(self, query: Query) -> Tensor:
        return torch.zeros_like(query.inputs).unsqueeze(0)


class White(Baseline):
    """Pixel 1 everywhere.

    (1,B,C,H,W): white in pixel space.

    Raises:
        ComponentError: the inputs are no images.
    """

    reads_only = True

    def build(self, query: Query) -> Tensor:
        return torch.ones_like(_images(query, "white")).unsqueeze(0)


class BlackWhite(Baseline):
    """Black and white: two baselines.

    (2,B,C,H,W): methods that take several baselines average over both (XRAI's choice).

    Raises:
        ComponentError: the inputs are no images.
    """

    reads_only = True

    def build(self, query: Query) -> Tensor:
        images = _images(query, "black-white")
        return torch.stack([torch.zeros_like(images), torch.ones_like(images)])


class MaxDistance(Baseline):
    """The farthest image in L1.

    Of the images in pixel space, (1,B,C,H,W): 0 where a value is above 1/2, else 1.

    Raises:
        ComponentError: the inputs are no images.
    """

    reads_only = True

    def build(self, query: Query) -> Tensor:
        images = _images(query, "max-distance")
        return (images <= 0.5).to(images.dtype).unsqueeze(0)


class Mean(Baseline):
    """The training mean, the image's, or the pool's.

    One value per channel, (1,B,*shape).

    `of="model"` is the mean that the model's normalisation subtracts: 0 after it, which is what code that zeroes a
    normalised image means. `of="image"` is the mean over the positions of each sample. `of="data"` is the mean over
    the samples and positions of the pool; for rows, each feature's mean over the pool.

    Raises:
        ComponentError: the model has no normalisation (`of="model"`), or the inputs are rows (`of="image"`).
    """

    reads_only = True
    of: Literal["model", "image", "data"] = "model"
    """Whose mean: the model's normalisation, each image's own, or the pool's."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("pool",) if self.of == "data" else ()

    def build(self, query: Query) -> Tensor:
        return getattr(self, f"_{self.of}")(query).expand_as(query.inputs).unsqueeze(0)

    def _model(self, query: Query) -> Tensor:
        inputs, mean = query.inputs, query.model.mean
        if mean is None or inputs.ndim != 4 or len(mean) not in (1, inputs.shape[1]):
            reason = "has no normalisation" if mean is None else f"normalises {len(mean)} channels"
            raise ComponentError(
                f"mean: model '{query.model.name}' {reason} and the inputs are {tuple(inputs.shape)}; "
                "use Model(..., mean=, std=), or of='image', or of='data' with a pool"
            )
        return inputs.new_tensor(mean)[:, None, None]

    def _image(self, query: Query) -> Tensor:
        if query.inputs.ndim < 3:
            raise ComponentError("mean: rows (B,F) have no mean of their own; use of='data' with a pool")
        return query.inputs.mean(_positions(query.inputs), keepdim=True)

    def _data(self, query: Query) -> Tensor:
        pool = query.require("pool").inputs
        return pool.mean((0, *_positions(pool)), keepdim=True)


def _images(query: Query, name: str) -> Tensor:
    if query.inputs.ndim != 4:
        raise ComponentError(f"{name}: needs images (B,C,H,W) in pixel space, got {tuple(query.inputs.shape)}")
    return query.inputs


def _positions(values: Tensor) -> tuple[int, ...]:
    """The axes of place: (H,W) of images, (L,) of embeddings, none of rows."""
    return {4: (2, 3), 3: (1,), 2: ()}[values.ndim]
