"""What a component is asked in the kit: small networks, inputs, and everything that a method may need."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.data.exact import STATEMENTS, Exact
from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import FeatureGroups, grid_of, on_grid
from xaiplug.data.samples import Samples
from xaiplug.kinds import Component, Explainer, PixelImputer
from xaiplug.model.adapter import Model
from xaiplug.model.query import Query
from xaiplug.testing.shared.asked import answer, ask
from xaiplug.testing.shared.nets import SIDE, ConvNet, PlainConvNet, RowNet, SequenceNet, TinyViT, VolumeNet, seeded

INPUT_KINDS = ("images", "plain-images", "tokens", "rows", "embeddings", "volumes")
"""Images of a residual network, of a plain one, of a vision transformer; rows; embeddings; volumes."""


class Fill(PixelImputer):
    """The kit's own way of removing features: the baseline takes their place."""

    needs = ("baseline",)

    def impute(self, inputs: Tensor, keep: Tensor, *, baseline: Tensor | None = None, generators: Any = None) -> Tensor:
        assert baseline is not None
        return torch.where(on_grid(keep, tuple(inputs.shape[1:])), inputs, baseline)


@dataclass(frozen=True, eq=False)
class Scene:
    """One network, B = 3 samples, and what a method may need; groups differ in number, and some features have none."""

    kind: str
    network: nn.Module
    inputs: Tensor
    labels: Tensor
    baseline: Tensor
    references: Tensor
    pool: Samples
    relevant: Tensor
    target: Tensor
    truth: Tensor
    imputer: Any = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def replace(self, **changes: Any) -> Scene:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def rows(self, rows: Sequence[int]) -> Scene:
        """Some of the samples."""
        index = torch.tensor(list(rows))
        return self.replace(
            inputs=self.inputs[index],
            labels=self.labels[index],
            baseline=self.baseline[:, index],
            references=self.references[:, index],
            relevant=self.relevant[index],
            target=self.target[index],
            truth=self.truth[index],
        )

    def to(self, dtype: torch.dtype) -> Scene:
        """The same in another precision; the network is copied."""
        return self.replace(
            network=deepcopy(self.network).to(dtype),
            inputs=self.inputs.to(dtype),
            baseline=self.baseline.to(dtype),
            references=self.references.to(dtype),
            pool=Samples(self.pool.inputs.to(dtype), self.pool.labels),
        )

    def fresh(self) -> Scene:
        """The same with a network and inputs of its own, for a component to spoil."""
        return self.replace(network=deepcopy(self.network), inputs=self.inputs.clone())

    @property
    def model(self) -> Model:
        """The network, adapted; images are in [0,1]."""
        range_ = (0.0, 1.0) if self.inputs.ndim == 4 else None
        return Model(self.network, mean=self.mean, std=self.std, input_range=range_, name=self.kind)

    def normalised(self) -> Scene:
        """The same behind a normalisation, where inputs are images."""
        return self.replace(mean=(0.4, 0.5, 0.6), std=(0.2, 0.25, 0.3)) if self.inputs.ndim == 4 else self

    def crowded(self) -> Scene:
        """The same in 16 groups, more than a method takes all coalitions of; images only."""
        side = torch.arange(SIDE) * 4 // SIDE
        labels = (side[:, None] * 4 + side).expand(len(self), SIDE, SIDE)
        return self.replace(labels=labels.clone())

    @property
    def exact(self) -> Exact:
        """An answer that goes with each sample: half of its groups raise the score, neighbours act together."""
        groups = FeatureGroups.from_labels(self.labels)
        place = torch.arange(groups.count)
        values = (groups.mean(self.inputs) + 0.1 * place) * torch.where(place % 2 == 0, 1, -1)
        near = ((place[:, None] - place).abs() == 1) & groups.players[:, :, None] & groups.players[:, None]
        return Exact(groups, values, STATEMENTS, near.to(values))

    def ask(self, component: Component, **changes: Any) -> Query:
        """The query that `component` gets, by its declared needs and nothing else."""
        given = {
            "target": self.target,
            "segmenter": self.labels,
            "baseline": self.baseline,
            "references": self.references,
            "pool": self.pool,
            "relevant": self.relevant,
            "exact": self.exact,
            "labels": self.truth,
            "imputer": self.imputer or Fill(),
            **changes,
        }
        return ask(component, self.model, self.inputs, **given)

    def answer(self, explainer: Explainer, **changes: Any) -> Explanation:
        """The explainer's answer as a user gets it: behind the framework's guard, validated."""
        return answer(explainer, self.ask(explainer, **changes))


def network_of(kind: str, **options: Any) -> nn.Module:
    """A network for a kind of scene; `reuse`, `inplace`, `smooth` are those of `nets`, ignored where they cannot be."""
    match kind:
        case "images":
            return seeded(lambda: ConvNet(**options))
        case "plain-images":
            options.pop("reuse", None)
            return seeded(lambda: PlainConvNet(**options))
        case "rows":
            return seeded(lambda: RowNet(**options))
        case "embeddings":
            return seeded(lambda: SequenceNet(**options))
        case "volumes":
            options.pop("reuse", None)
            return seeded(lambda: VolumeNet(**options))
    return seeded(TinyViT, gain=2.0)


def scene(kind: str = "images", *, batch: int = 3) -> Scene:
    """A scene of one of `INPUT_KINDS`."""
    shape = {"rows": (9,), "embeddings": (8, 4), "volumes": (2, 4, 6, 6)}.get(kind, (3, SIDE, SIDE))
    generator = torch.Generator().manual_seed(len(shape))

    def draw(*size: int) -> Tensor:
        noise = torch.rand(*size, *shape, generator=generator)
        return _smooth(noise) if len(shape) == 3 else 2 * noise - 0.8

    inputs = draw(batch)
    network = network_of(kind)
    pool = draw(12)
    with torch.no_grad():
        logits = network(inputs)
        predicted = network(pool).argmax(1)
    target = (logits.argmax(1) + torch.arange(batch)) % logits.shape[1]
    truth = torch.where(torch.arange(batch) % 2 == 0, logits.argmax(1), (logits.argmax(1) + 1) % logits.shape[1])
    grid = grid_of(shape)
    relevant = torch.zeros(batch, *grid, dtype=torch.bool)
    relevant[:, : grid[0] // 3 + 1] = True
    return Scene(
        kind,
        network,
        inputs,
        _labels(batch, grid),
        0.5 * draw(1, batch) + 0.1,
        draw(2, batch),
        Samples(pool, torch.where(torch.arange(12) % 3 == 0, (predicted + 1) % logits.shape[1], predicted)),
        relevant,
        target,
        truth,
    )


def _smooth(noise: Tensor) -> Tensor:
    """Photographs are smooth: large blobs and a little noise, in [0,1]."""
    flat = noise.flatten(0, -4)
    blobs = nn.functional.interpolate(flat[..., ::4, ::4], size=noise.shape[-2:], mode="bilinear")
    return (0.8 * blobs + 0.2 * flat).view_as(noise).clamp(0, 1)


def _labels(batch: int, grid: tuple[int, ...]) -> Tensor:
    """8 groups (7 for embeddings); the second sample has fewer, and in the third one group is no group.

    Never one group per position: a map of groups and a map of positions must differ in shape.
    """
    if len(grid) == 3:
        deep, rows, columns = (torch.arange(side) * 2 // side for side in grid)
        labels = deep[:, None, None] * 4 + rows[:, None] * 2 + columns
    elif len(grid) == 2:
        rows = torch.arange(grid[0]) * 4 // grid[0]
        columns = torch.arange(grid[1]) * 2 // grid[1]
        labels = rows[:, None] * 2 + columns[None]
    else:
        labels = torch.arange(grid[0]).clamp(max=grid[0] - 2)
    labels = labels.expand(batch, *grid).clone()
    if batch > 1:
        labels[1] = torch.where(labels[1] > 5, labels[1] - 2, labels[1])
    if batch > 2:
        labels[2] = torch.where(labels[2] == 3, -1, labels[2])
    return labels
