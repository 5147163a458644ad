"""Small networks with biases: what the checks explain.

Every network ends in an `nn.Linear` called `head`, so that its scores can be permuted, negated or made dependent.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

SIDE = 16
"""Height and width of the images."""


def seeded(make: Callable[[], nn.Module], seed: int = 0, gain: float = 1.5) -> nn.Module:
    """A network in eval mode, its weights and biases from a seed; the global RNG is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = make()
        for module in network.modules():
            if isinstance(module, nn.Linear | nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=1.0)
                module.weight.data.mul_(gain)
                if module.bias is not None:
                    nn.init.normal_(module.bias, std=0.5)
            if isinstance(module, nn.BatchNorm2d):
                assert module.running_mean is not None
                assert module.running_var is not None
                nn.init.normal_(module.running_mean, std=0.2)
                nn.init.uniform_(module.running_var, 0.5, 1.5)
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.normal_(module.bias, std=0.3)
    return network.eval()


class ConvNet(nn.Module):
    """A residual network: three convolutions, one of them skipped past, batch normalisation.

    Args:
        reuse: one ReLU module for all places, as in torchvision's ResNet.
        inplace: in-place ReLU.
        smooth: Softplus in place of ReLU.
    """

    def __init__(
        self, *, channels: int = 3, classes: int = 4, reuse: bool = False, inplace: bool = False, smooth: bool = False
    ) -> None:
        super().__init__()

        def activation() -> nn.Module:
            return nn.Softplus(beta=2.0) if smooth else nn.ReLU(inplace=inplace)

        shared = activation()
        self.conv1 = nn.Conv2d(channels, 6, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(6)
        self.relu1 = shared
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.relu2 = shared if reuse else activation()
        self.pool = nn.AvgPool2d(2)
        self.conv3 = nn.Conv2d(6, 6, 3, padding=1)
        self.relu3 = shared if reuse else activation()
        self.pool3 = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(6 * (SIDE // 4) ** 2, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu1(self.norm1(self.conv1(x)))
        x = self.relu2(self.conv2(x) + x)
        x = self.relu3(self.conv3(self.pool(x)))
        return self.head(self.flatten(self.pool3(x)))  # type: ignore[no-any-return]


class PlainConvNet(nn.Sequential):
    """The same kind of layers in one line: no skip, no normalisation, no module used twice."""

    def __init__(self, *, channels: int = 3, classes: int = 4, inplace: bool = False, smooth: bool = False) -> None:
        def activation() -> nn.Module:
            return nn.Softplus(beta=2.0) if smooth else nn.ReLU(inplace=inplace)

        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 3, padding=1)
        self.relu1 = activation()
        self.pool1 = nn.AvgPool2d(2)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.relu2 = activation()
        self.pool2 = nn.AvgPool2d(2)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(6 * (SIDE // 4) ** 2, classes)


class RowNet(nn.Module):
    """Two hidden layers over rows (B,F)."""

    def __init__(
        self, *, features: int = 9, classes: int = 4, reuse: bool = False, inplace: bool = False, smooth: bool = False
    ) -> None:
        super().__init__()

        def activation() -> nn.Module:
            return nn.Softplus(beta=2.0) if smooth else nn.ReLU(inplace=inplace)

        shared = activation()
        self.layer1 = nn.Linear(features, 12)
        self.relu1 = shared
        self.layer2 = nn.Linear(12, 10)
        self.relu2 = shared if reuse else activation()
        self.head = nn.Linear(10, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu2(self.layer2(self.relu1(self.layer1(x)))))  # type: ignore[no-any-return]


class SequenceNet(nn.Module):
    """Over embeddings (B,L,D): every position mapped, then weighed and mapped again, so that positions interact."""

    def __init__(
        self,
        *,
        length: int = 8,
        width: int = 4,
        classes: int = 4,
        reuse: bool = False,
        inplace: bool = False,
        smooth: bool = False,
    ) -> None:
        super().__init__()

        def activation() -> nn.Module:
            return nn.Softplus(beta=2.0) if smooth else nn.ReLU(inplace=inplace)

        shared = activation()
        self.layer1 = nn.Linear(width, 6)
        self.relu1 = shared
        self.flatten = nn.Flatten()
        self.layer2 = nn.Linear(6 * length, 10)
        self.relu2 = shared if reuse else activation()
        self.head = nn.Linear(10, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.flatten(self.relu1(self.layer1(x)))
        return self.head(self.relu2(self.layer2(x)))  # type: ignore[no-any-return]


class TinyViT(nn.Module):
    """A vision transformer with a class token, 4x4 patches and attention weights behind `attn.attn_drop`."""

    def __init__(self, *, channels: int = 3, classes: int = 4, dim: int = 8, depth: int = 2, heads: int = 2) -> None:
        super().__init__()
        count = (SIDE // 4) ** 2
        self.grid = (SIDE // 4, SIDE // 4)
        self.patch_embed = nn.Conv2d(channels, dim, 4, stride=4)
        self.cls_token = nn.Parameter(torch.randn(1, 1, dim) * 0.5)
        self.pos_embed = nn.Parameter(torch.randn(1, 1 + count, dim) * 0.5)
        self.blocks = nn.Sequential(*(_Block(dim, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, classes)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.patch_embed(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), patches], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])  # type: ignore[no-any-return]


class _Attention(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.num_heads = heads
        self.scale = (dim // heads) ** -0.5
        self.qkv = nn.Linear(dim, 3 * dim)
        self.attn_drop = nn.Identity()
        self.proj = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, dim = x.shape
        q, k, v = self.qkv(x).reshape(batch, tokens, 3, self.num_heads, -1).permute(2, 0, 3, 1, 4)
        weights = self.attn_drop((q * self.scale @ k.transpose(-2, -1)).softmax(-1))
        return self.proj((weights @ v).transpose(1, 2).reshape(batch, tokens, dim))  # type: ignore[no-any-return]


class _Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(dim)
        self.attn = _Attention(dim, heads)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = nn.Sequential(nn.Linear(dim, 2 * dim), nn.GELU(), nn.Linear(2 * dim, dim))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))  # type: ignore[no-any-return]


class Linear(nn.Module):
    """Flatten and one linear layer: every attribution is known in closed form."""

    def __init__(self, features: int, classes: int = 4) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(x))  # type: ignore[no-any-return]


class PairProduct(nn.Module):
    """Logit k = c_k times the product of the mean deviations of two blocks of features from `centre`.

    The blocks interact, nothing else does, and no feature has an effect of its own at the centre.
    """

    def __init__(self, first: Tensor, second: Tensor, centre: Tensor, classes: int = 4) -> None:
        super().__init__()
        self.register_buffer("first", first / first.sum())
        self.register_buffer("second", second / second.sum())
        self.register_buffer("centre", centre)
        self.head = nn.Linear(1, classes)

    def forward(self, x: Tensor) -> Tensor:
        away = (x - self.centre).flatten(1)  # type: ignore[operator]
        one = (away * self.first.flatten()).sum(1)  # type: ignore[operator]
        two = (away * self.second.flatten()).sum(1)  # type: ignore[operator]
        return self.head((one * two)[:, None])  # type: ignore[no-any-return]


class Saturating(nn.Module):
    """1 - relu(1 - h) of one linear unit h: flat once h > 1, so that the gradient at the input says nothing."""

    def __init__(self, weight: Tensor, offset: float, classes: int = 4) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.unit = nn.Linear(weight.numel(), 1)
        self.unit.weight.data = -weight.flatten()[None]
        self.unit.bias.data = torch.tensor([1.0 - offset], dtype=weight.dtype)
        self.relu = nn.ReLU()
        self.head = nn.Linear(1, classes)
        self.head.weight.data = -torch.linspace(1.0, 2.0, classes, dtype=weight.dtype)[:, None]
        self.head.bias.data = torch.linspace(1.0, 2.0, classes, dtype=weight.dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.unit(self.flatten(x))))  # type: ignore[no-any-return]


class Quota(nn.Module):
    """Units that wake when the weighted sum of the features passes a quota: players matter late, if at all."""

    def __init__(self, features: int, classes: int = 4) -> None:
        super().__init__()
        weight = torch.linspace(0.5, 1.5, features)
        quotas = torch.tensor([0.5, 0.7, 0.8]) * weight.sum()
        self.units = nn.Linear(features, len(quotas))
        self.relu = nn.ReLU()
        self.head = nn.Linear(len(quotas), classes)
        self.units.weight.data = weight.expand(len(quotas), -1).clone()
        self.units.bias.data = -quotas
        self.head.weight.data = torch.linspace(0.5, 4, classes * len(quotas)).view(classes, -1)
        self.head.bias.data.zero_()
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.units(x)))  # type: ignore[no-any-return]


class Blind(nn.Module):
    """A network that does not see the features where `seen` is 0."""

    def __init__(self, network: nn.Module, seen: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("seen", seen)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x * self.seen)  # type: ignore[operator, no-any-return]


class Symmetric(nn.Module):
    """network(x) + network(x with two blocks of features swapped)."""

    def __init__(self, network: nn.Module, swap: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("swap", swap)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        swapped = x.flatten(1)[:, self.swap].view_as(x)  # type: ignore[index]
        return self.network(x) + self.network(swapped)  # type: ignore[no-any-return]


class Weighted(nn.Module):
    """a f1(x) + b f2(x)."""

    def __init__(self, first: nn.Module, second: nn.Module, a: float, b: float) -> None:
        super().__init__()
        self.first, self.second, self.a, self.b = first, second, a, b
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.a * self.first(x) + self.b * self.second(x)  # type: ignore[no-any-return]


class Fuse(nn.Module):
    """Raises at the end of the `allowed + 1`-th forward after `armed` is set."""

    def __init__(self, network: nn.Module, allowed: int) -> None:
        super().__init__()
        self.network, self.allowed = network, allowed
        self.eval()
        self.armed = False
        self.blown = False

    def forward(self, x: Tensor) -> Tensor:
        logits = self.network(x)
        if self.armed:
            self.allowed -= 1
            if self.allowed < 0:
                self.blown = True
                raise RuntimeError("the fuse of the conformance kit has blown")
        return logits  # type: ignore[no-any-return]


class Poisoned(nn.Module):
    """Returns NaN, and NaN gradients, once `armed`; `used` says whether it was asked then."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()
        self.armed = False
        self.used = False

    def forward(self, x: Tensor) -> Tensor:
        logits = self.network(x)
        if self.armed:
            self.used = True
            return logits * float("nan")  # type: ignore[no-any-return]
        return logits  # type: ignore[no-any-return]


def with_head(network: nn.Module, change: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> nn.Module:
    """A copy whose head has `change(weight (K,D), bias (K,))`."""
    changed: Any = deepcopy(network)
    head: nn.Linear = changed.head
    weight, bias = change(head.weight.detach().clone(), head.bias.detach().clone())
    head.weight.data, head.bias.data = weight, bias
    return changed  # type: ignore[no-any-return]


def rewritten(network: nn.Module) -> nn.Module:
    """Another network that computes the same function: hidden units permuted and rescaled, ReLU from an absolute value.

    What reaches the head is unchanged. Knows the networks of this module.
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
