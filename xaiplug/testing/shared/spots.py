"""Networks whose evidence lies in one known place of an oblong image, in maps and in tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaiplug.data.samples import Samples
from xaiplug.testing.shared.scenes import Scene

GRID = (3, 5)
"""Rows and columns of patches."""
PATCH = 4
PLACE = (1, 3)
"""Row and column of the patch that is seen."""
LAYOUTS = ("NCHW", "NHWC", "tokens")
EQUAL = 1e-3
"""Windows and segments that reach beyond the place may give its neighbours as much."""
_WIDTH = 6
_NUMBER = PLACE[0] * GRID[1] + PLACE[1]


class Spotted(nn.Module):
    """Scores how bright one place is: the second logit, above a threshold.

    Maps have channels first or last and are read at the place; of tokens, the class token attends to the place alone.
    """

    def __init__(self, layout: str) -> None:
        super().__init__()
        self.layout = layout
        self.patch_embed = nn.Conv2d(3, _WIDTH + 1, PATCH, stride=PATCH)
        self.mix = nn.Linear(_WIDTH + 1, _WIDTH + 1)
        self.relu = nn.ReLU()
        self.head = nn.Linear(_WIDTH + 1, 2)
        self.register_buffer(
            "seen", torch.zeros(GRID[0] * GRID[1]).index_fill(0, torch.tensor(_NUMBER), 1.0).view(GRID)
        )
        strength = torch.linspace(0.5, 1.5, _WIDTH + 1)
        strength[-1] = 0
        with torch.no_grad():
            self.patch_embed.weight.copy_((strength / (3 * PATCH**2))[:, None, None, None].expand(-1, 3, PATCH, PATCH))
            self.patch_embed.bias.copy_(-0.1 * strength)  # type: ignore[union-attr]
            self.mix.weight.copy_(torch.eye(_WIDTH + 1))
            self.mix.bias.zero_()
            self.head.weight.copy_(torch.stack([-strength, strength]))
            self.head.bias.copy_(torch.tensor([0.5, -0.5]))
        if layout == "tokens":
            self.cls_token = nn.Parameter(torch.zeros(1, 1, _WIDTH + 1))
            self.pos_embed = nn.Parameter(torch.zeros(1, 1 + GRID[0] * GRID[1], _WIDTH + 1))
            self.pos_embed.data[0, 1 + _NUMBER, -1] = 1
            self.blocks = nn.Sequential(_Attending(), _Attending())
            self.norm = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        maps = self.patch_embed(x)
        if self.layout == "NCHW":
            read = (self.relu(maps) * self.seen).sum((2, 3))
        elif self.layout == "NHWC":
            read = (self.relu(self.mix(maps.permute(0, 2, 3, 1))) * self.seen[..., None]).sum((1, 2))  # type: ignore[index]
        else:
            tokens = torch.cat([self.cls_token.expand(len(x), -1, -1), maps.flatten(2).mT], 1) + self.pos_embed
            read = self.norm(self.blocks(tokens))[:, 0]
        return self.head(read)  # type: ignore[no-any-return]


class _Attending(nn.Module):
    """Every token attends to the one that its position marks, and adds what is bright there."""

    def forward(self, x: Tensor) -> Tensor:
        marks = x[..., -1]
        weights = (12 * marks)[:, None, None, :].expand(-1, 1, x.shape[1], -1).softmax(-1)
        bright = torch.cat([x[..., :-1].relu(), torch.zeros_like(x[..., -1:])], -1)
        return x + (weights @ bright[:, None])[:, 0]


def spotted_images(count: int) -> Tensor:
    """Dark images (B,3,12,20) with a bright patch at the place."""
    generator = torch.Generator().manual_seed(5)
    height, width = GRID[0] * PATCH, GRID[1] * PATCH
    images = 0.05 * torch.rand(count, 3, height, width, generator=generator)
    top, left = PLACE[0] * PATCH, PLACE[1] * PATCH
    images[:, :, top : top + PATCH, left : left + PATCH] += 0.7 + 0.2 * torch.rand(count, 3, 1, 1, generator=generator)
    return images


def spotted(layout: str) -> Scene:
    """A scene of one of `LAYOUTS`: B = 2 images, groups that are the patches, dark baselines and references."""
    images, dark = spotted_images(2), torch.zeros(2, 3, GRID[0] * PATCH, GRID[1] * PATCH)
    labels = cells().expand(2, -1, -1).clone()
    pool = torch.cat([spotted_images(3), spotted_images(3).flip(3)])
    truth = torch.ones(2, dtype=torch.int64)
    return Scene(
        layout,
        Spotted(layout).eval(),
        images,
        labels,
        dark[None],
        torch.stack([dark, dark + 0.02]),
        Samples(pool, torch.tensor([1, 1, 1, 0, 0, 0])),
        labels == _NUMBER,
        truth,
        truth,
    )


def cells() -> Tensor:
    """The patch of every pixel, (12,20) int64."""
    rows, columns = (torch.arange(count).repeat_interleave(PATCH) for count in GRID)
    return rows[:, None] * GRID[1] + columns


def by_cell(values: Tensor) -> Tensor:
    """Sum of magnitudes in each patch, (B,3,5), of values (B,...,12,20)."""
    sizes = values.abs().flatten(1, -3).sum(1) if values.ndim > 3 else values.abs()
    cells: Tensor = sizes.unflatten(2, (GRID[1], PATCH)).unflatten(1, (GRID[0], PATCH)).sum((2, 4))
    return cells
