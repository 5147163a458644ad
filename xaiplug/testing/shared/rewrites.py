"""Other ways to write the networks of the kit: the same function, other weights inside."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.testing.shared.nets import ConvNet, PlainConvNet, RowNet, SequenceNet, TinyViT


def rewritten(network: nn.Module) -> nn.Module:
    """Another network that computes the same function: hidden units permuted and rescaled, ReLU from an absolute value.

    What reaches the head is unchanged. Knows the networks of `xaiplug.testing.shared.nets`.
    """
    changed: Any = deepcopy(network)
    match changed:
        case ConvNet():
            _fold(changed)
        case PlainConvNet():
            _rescale(changed.conv1, changed.conv2)
        case RowNet():
            _rescale(changed.layer1, changed.layer2)
        case SequenceNet():
            length = changed.layer2.in_features // changed.layer1.out_features
            _rescale(changed.layer1, changed.layer2, repeats=length)
        case TinyViT():
            for block in list[Any](changed.blocks):
                _permute(block.mlp[0], block.mlp[2])
        case _:
            raise TypeError(f"no other way known to write {type(network).__name__}")
    for name, module in list(changed.named_modules()):
        if isinstance(module, nn.ReLU):
            parent = changed.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], HalfAbs())
    return changed  # type: ignore[no-any-return]


class HalfAbs(nn.Module):
    """(x + |x|) / 2, which is ReLU."""

    def forward(self, x: Tensor) -> Tensor:
        return (x + x.abs()) / 2


def _fold(network: Any) -> None:
    """Batch normalisation into the convolution before it."""
    norm, conv = network.norm1, network.conv1
    factor = norm.weight.detach() / (norm.running_var + norm.eps).sqrt()
    conv.weight.data *= factor[:, None, None, None]
    conv.bias.data = (conv.bias.data - norm.running_mean) * factor + norm.bias.data
    network.norm1 = nn.Identity()


def _rescale(first: Any, second: Any, repeats: int = 1) -> None:
    """Permute the units between two layers and rescale each; ReLU does not mind a positive factor."""
    count = first.weight.shape[0]
    factor = torch.linspace(0.25, 4.0, count, dtype=first.weight.dtype)
    order = torch.arange(count).flip(0)
    shape = (-1, *(1,) * (first.weight.ndim - 1))
    first.weight.data = (first.weight.data * factor.view(shape))[order]
    first.bias.data = (first.bias.data * factor)[order]
    across = second.weight.data.unflatten(1, (repeats, count)) / factor.view(1, 1, -1, *(1,) * (second.weight.ndim - 2))
    second.weight.data = across[:, :, order].flatten(1, 2)


def _permute(first: Any, second: Any) -> None:
    first.weight.data, first.bias.data = first.weight.data.flip(0), first.bias.data.flip(0)
    second.weight.data = second.weight.data.flip(1)
