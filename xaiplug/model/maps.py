"""A layer's maps: which layer the class activation methods read when none is named, and what they read there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError
from xaiplug.model.catching import outputs_of
from xaiplug.model.compiled import layers_of

if TYPE_CHECKING:
    from xaiplug.model.adapter import Model
    from xaiplug.model.query import Query

_PASS_ON = (
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.dropout._DropoutNd,
    nn.Identity,
)


def last_maps(model: Model, x: Tensor) -> nn.Module:
    """The layer with the last maps, found by one forward of x (1,C,H,W).

    Of a convolutional network, the last map (B,D,h,w) with more than one place that no pooling made. Of a vision
    transformer that we can take apart, the last block but one, whose tokens enter the last: after that only the class
    token is read, and the gradient of all others is 0.

    Raises:
        ModelError: no layer gives such a map, or the transformer has a single block.
    """
    tokens = model.tokens
    if tokens is not None:
        if len(tokens.blocks) < 2:
            raise ModelError(f"model '{model.name}' has a single block; name the layer= before it")
        return tokens.blocks[-2]
    made: list[tuple[nn.Module, Tensor]] = []  # holds the outputs, so that no other tensor gets their ids
    passed: set[int] = set()

    def note(module: nn.Module, _: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[2:].numel() < 2:
            return
        if isinstance(module, _PASS_ON):
            passed.add(id(output))
        made.append((module, output))

    handles = [module.register_forward_hook(note) for module in layers_of(model.network, model.name)]
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    found = [module for module, output in made if id(output) not in passed]
    if not found:
        raise ModelError(
            f"model '{model.name}' has no layer with a map (B,D,h,w); name one with layer= (maps or tokens)"
        )
    return found[-1]


def maps_and_slopes(query: Query, layer: nn.Module, rows: Tensor) -> tuple[Tensor, Tensor]:
    """A layer's maps (R,D,h,w) for samples rows (R,), and the gradient of their target scores by them.

    Tokens (R,N,D) come as maps on their grid, without the prefix.

    Raises:
        ModelError: the layer is not reached, or gives neither maps nor tokens.
    """
    with outputs_of(layer) as caught, query.naming(rows):
        logits = query.model(query.inputs[rows].detach().requires_grad_())
    if not caught:
        raise ModelError(
            f"layer {type(layer).__name__} of model '{query.model.name}' was not reached, or gives no tensor"
        )
    values = caught[-1]
    score = query.target.score(logits, rows, query.model.output)
    (gradient,) = torch.autograd.grad(score.sum(), values)
    wide = query.inputs.dtype
    return _as_maps(values.detach().to(wide), query, layer), _as_maps(gradient.detach().to(wide), query, layer)


def _as_maps(values: Tensor, query: Query, layer: nn.Module) -> Tensor:
    height, width = query.inputs.shape[2:]
    if values.ndim == 4 and values.shape[2] <= height and values.shape[3] <= width:
        return values
    if values.ndim == 3:
        side = int(values.shape[1] ** 0.5)
        grid = query.model.tokens.grid if query.model.tokens is not None else (side, side)
        tokens: Tensor = values[:, values.shape[1] - grid[0] * grid[1] :]
        maps: Tensor = tokens.transpose(1, 2).unflatten(2, grid)
        return maps
    raise ModelError(
        f"layer {type(layer).__name__} of model '{query.model.name}' gives {tuple(values.shape)}; expected maps "
        "(B,D,h,w), no larger than the image and channels second, or tokens (B,N,D); name another layer="
    )
