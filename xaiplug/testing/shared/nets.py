"""Small networks with biases: what the checks explain.

Every network ends in an `nn.Linear` called `head`, so that its scores can be permuted, negated or made dependent.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

SIDE = 16
"""Height and width of the images."""


def seeded(make: Callable[[], nn.Module], seed: int = 0, gain: float = 1.5) -> nn.Module:
    """A network in eval mode, its weights and biases from a seed; the global RNG is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
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


class VolumeNet(nn.Sequential):
    """Over volumes (B,C,D,H,W): two convolutions in a line."""

    def __init__(self, *, channels: int = 2, classes: int = 4, inplace: bool = False, smooth: bool = False) -> None:
        def activation() -> nn.Module:
            return nn.Softplus(beta=2.0) if smooth else nn.ReLU(inplace=inplace)

        super().__init__()
        self.conv1 = nn.Conv3d(channels, 4, 3, padding=1)
        self.relu1 = activation()
        self.pool = nn.AvgPool3d(2)
        self.conv2 = nn.Conv3d(4, 6, 3, padding=1)
        self.relu2 = activation()
        self.flatten = nn.Flatten()
        self.head = nn.Linear(6 * 2 * 3 * 3, classes)


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
