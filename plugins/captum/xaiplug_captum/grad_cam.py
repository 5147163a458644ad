"""Grad-CAM (Selvaraju et al., 2017), for convolutional networks and vision transformers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xaiplug import Explainer, Explanation, FeatureGroups, Model, Query
from xaiplug.errors import ModelError, ShapeError
from xaiplug_captum.passes import row_blocks

_PASS_ON = (
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
    nn.modules.dropout._DropoutNd,
    nn.Identity,
)


class GradCam(Explainer):
    """L = Σ_k α_k A_k with α_k = (1/Z) Σ_ij ∂f/∂A_k,ij (Selvaraju et al., 2017, eq. 1 and 2), A (D,h,w) a layer's maps.

    The result is at the level of groups, on the layer's own h x w grid: (B,h*w) in raster order, with the cells of the
    image as groups (pixel y in row ⌊y·h/H⌋). It is not upsampled and, unless `relu`, not clipped; `view` smooths it for
    display. Units are those of the score, up to the size of the activations; it sums to nothing in particular.

    The layer, when it is not named: of a convolutional network, the last map with more than one place that no pooling
    made; of a vision transformer that xaiplug can take apart, the tokens that enter the last block, class and register
    tokens left out. (After the last block only the class token is read, so that the gradient of all others is 0.)

    Raises:
        ShapeError: the inputs are no images. ModelError: the network has no such layer.
    """

    layer: str | None = None
    """Dotted name of the layer whose output is used, (B,D,h,w) or tokens (B,N,D); None = found as described."""
    relu: bool = False
    """Keep only what raises the score, as the paper does; False keeps the sign."""

    def explain(self, query: Query) -> Explanation:
        if query.inputs.ndim != 4:
            raise ShapeError(f"grad-cam explains images (B,C,H,W), got {tuple(query.inputs.shape)}")
        layer = query.model.layer(self.layer) if self.layer else cam_layer(query.model, query.inputs[:1])
        maps = torch.cat([self._map(query, layer, rows) for rows in row_blocks(query, 1)])
        height, width = query.inputs.shape[2:]
        row, column = (
            torch.arange(side, device=maps.device) * cells // side
            for side, cells in ((height, maps.shape[1]), (width, maps.shape[2]))
        )
        labels = (row[:, None] * maps.shape[2] + column).expand(len(maps), height, width)
        counts = torch.full((len(maps),), maps[0].numel(), device=maps.device)
        return Explanation(maps.flatten(1), "group", groups=FeatureGroups(labels, counts))

    def _map(self, query: Query, layer: nn.Module, rows: Tensor) -> Tensor:
        """L (R,h,w) of some samples."""
        values, logits = _output(query.model, layer, query.inputs[rows])
        score = query.target.score(logits, rows, query.model.output)
        (gradient,) = torch.autograd.grad(score.sum(), values)
        maps, slopes = (_as_maps(part.detach(), query, layer) for part in (values, gradient))
        cam = (slopes.mean((2, 3), keepdim=True) * maps).sum(1)
        return cam.clamp(min=0) if self.relu else cam


def _output(model: Model, layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Output of a layer, as the rest of the network reads it, and the logits."""
    caught: list[Any] = []
    handle = layer.register_forward_hook(lambda _, inputs, output: caught.append(output))
    try:
        logits = model(x.detach().requires_grad_())
    finally:
        handle.remove()
    values = caught[-1][0] if caught and isinstance(caught[-1], tuple) else caught[-1] if caught else None
    if not isinstance(values, Tensor):
        raise ModelError(f"layer {type(layer).__name__} of model '{model.name}' was not reached, or gives no tensor")
    return values, logits


def _as_maps(values: Tensor, query: Query, layer: nn.Module) -> Tensor:
    """Maps (R,D,h,w) as they are; tokens (R,N,D) without the prefix, on their grid."""
    height, width = query.inputs.shape[2:]
    if values.ndim == 4 and values.shape[2] <= height and values.shape[3] <= width:
        return values
    if values.ndim == 3:
        side = int(values.shape[1] ** 0.5)
        grid = query.model.tokens.grid if query.model.tokens is not None else (side, side)
        return values[:, values.shape[1] - grid[0] * grid[1] :].transpose(1, 2).unflatten(2, grid)
    raise ModelError(
        f"layer {type(layer).__name__} of model '{query.model.name}' gives {tuple(values.shape)}; grad-cam reads maps "
        "(B,D,h,w), no larger than the image and channels second, or tokens (B,N,D); name another layer="
    )


def cam_layer(model: Model, x: Tensor) -> nn.Module:
    """The layer that `GradCam` reads when none is named; one forward of x (1,C,H,W).

    Raises:
        ModelError: no layer gives a map (B,D,h,w) with h*w > 1, or the transformer has a single block.
    """
    tokens = model.tokens
    if tokens is not None:
        if len(tokens.blocks) < 2:
            raise ModelError(f"grad-cam: model '{model.name}' has a single block; name the layer= before it")
        return tokens.blocks[-2]
    made: list[tuple[nn.Module, Tensor]] = []
    passed: set[int] = set()

    def note(module: nn.Module, _: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or output.ndim != 4 or output.shape[2:].numel() < 2:
            return
        if isinstance(module, _PASS_ON):
            passed.add(id(output))
        made.append((module, output))

    handles = [module.register_forward_hook(note) for module in model.network.modules()]
    try:
        with torch.no_grad():
            model(x)
    finally:
        for handle in handles:
            handle.remove()
    found = [module for module, output in made if id(output) not in passed]
    if not found:
        raise ModelError(
            f"grad-cam: model '{model.name}' has no layer with a map (B,D,h,w); name one with layer= (maps or tokens)"
        )
    return found[-1]
