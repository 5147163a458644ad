"""What a component is asked in the kit: small networks, inputs, and everything that a method may need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.answering import run_explainer
from xaiplug.asking import Given, asking, base_query, complete
from xaiplug.components import Component, Explainer, PixelImputer
from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import grid_of, on_grid
from xaiplug.data.query import MaxBatch, Query
from xaiplug.data.samples import Samples
from xaiplug.errors import UnavailableError, XaiplugError
from xaiplug.model.adapter import Model
from xaiplug.testing.nets import SIDE, ConvNet, PlainConvNet, RowNet, SequenceNet, TinyViT, seeded
from xaiplug.testing.types import Skip

KINDS = ("images", "plain-images", "tokens", "rows", "embeddings")
"""Images of a residual network, of a plain one, of a vision transformer; rows; embeddings."""


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

    def ask(self, component: Component, **changes: Any) -> Query:
        """The query that `component` gets, by its declared needs and nothing else."""
        given = {
            "target": self.target,
            "segmenter": self.labels,
            "baseline": self.baseline,
            "references": self.references,
            "pool": self.pool,
            "relevant": self.relevant,
            "labels": self.truth,
            "imputer": self.imputer or Fill(),
            **changes,
        }
        return ask(component, self.model, self.inputs, **given)

    def answer(self, explainer: Explainer, **changes: Any) -> Explanation:
        """The explainer's answer as a user gets it: behind the framework's guard, validated."""
        return answer(explainer, self.ask(explainer, **changes))


def ask(
    component: Component,
    network: nn.Module | Model,
    inputs: Tensor,
    *,
    target: Any = None,
    scale: str | None = None,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
    needs: Sequence[str] | None = None,
    segmenter: Any = None,
    baseline: Any = None,
    references: Any = None,
    imputer: Any = None,
    pool: Any = None,
    relevant: Tensor | None = None,
    labels: Tensor | None = None,
) -> Query:
    """A query for one component; of what is given, only what is in its `needs` (or in `needs`) gets in.

    >>> import torch, xaiplug
    >>> class Gradient(xaiplug.Explainer):
    ...     def explain(self, query):
    ...         return query.gradient(query.inputs)
    >>> query = ask(Gradient(), torch.nn.Linear(3, 2), torch.ones(1, 3), target=0)
    >>> Gradient().explain(query).shape
    torch.Size([1, 3])
    """
    model = Model.of(network)
    wanted = set(component.needs if needs is None else needs)
    if "imputer" in wanted:
        wanted |= {"groups", *getattr(imputer, "needs", ())}
    given = Given(
        segmenter=segmenter if "groups" in wanted else None,
        baseline=baseline if "baseline" in wanted else None,
        references=references if "references" in wanted else None,
        imputer=imputer if "imputer" in wanted else None,
        pool=pool if "pool" in wanted else None,
        relevant=relevant if "relevant" in wanted else None,
        labels=labels,
    )
    asked: Any = component if needs is None else _Needing(component, tuple(needs))
    own_scale = getattr(component, "default_scale", "logit")
    with asking(model):
        query = base_query(
            model, inputs, target=target, scale=scale, own_scale=own_scale, seed=seed, max_batch=max_batch
        )
        return complete(query, asked, given)[0]


@dataclass(frozen=True)
class _Needing:
    """A component as if it needed something else."""

    component: Component
    needs: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.component, name)


def answer(explainer: Explainer, query: Query) -> Explanation:
    """An explainer's answer behind the framework's guard, checked and completed."""
    with asking(query.model):
        return run_explainer(explainer, query)


def unguarded(explainer: Explainer, query: Query) -> Tensor:
    """The attribution without the framework's guard, which would hide what a component leaves behind."""
    with torch.enable_grad():
        answered = explainer.explain(query)
    return answered.attribution if isinstance(answered, Explanation) else answered


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
    return seeded(TinyViT, gain=2.0)


def scene(kind: str = "images", *, batch: int = 3) -> Scene:
    """A scene of one of `KINDS`."""
    shape = {"rows": (9,), "embeddings": (8, 4)}.get(kind, (3, SIDE, SIDE))
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
    if len(grid) == 2:
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


@dataclass
class _Known:
    """What is already known of an explainer: scenes by kind, or the error it raised; answers by precision."""

    kinds: dict[str, Scene | Exception] = field(default_factory=dict)
    answers: dict[torch.dtype, Explanation] = field(default_factory=dict)


_known: WeakKeyDictionary[Explainer, _Known] = WeakKeyDictionary()


def takes(explainer: Explainer, kind: str) -> Scene | Exception:
    """The scene of a kind where the explainer takes it, else the error that it raised."""
    known = _known.setdefault(explainer, _Known()).kinds
    if kind not in known:
        made = scene(kind)
        try:
            made.answer(explainer)
            known[kind] = made
        except UnavailableError:
            raise
        except Exception as error:
            known[kind] = error
    return known[kind]


def accepted(explainer: Explainer) -> dict[str, Scene | Exception]:
    """`takes` for every kind."""
    return {kind: takes(explainer, kind) for kind in KINDS}


def main_scene(explainer: Explainer, dtype: torch.dtype = torch.float32) -> Scene:
    """The first kind of scene that the explainer takes.

    Raises:
        Skip: it takes none.
    """
    for kind in KINDS:
        if isinstance(made := takes(explainer, kind), Scene):
            return made if dtype == torch.float32 else made.to(dtype)
    raise Skip(f"takes no kind of input, see input-kinds: {takes(explainer, KINDS[0])}")


def reference(explainer: Explainer, dtype: torch.dtype = torch.float32) -> tuple[Scene, Explanation]:
    """The main scene and the explainer's answer to it, computed once.

    Raises:
        Skip: the explainer takes no kind of input.
    """
    made = main_scene(explainer, dtype)
    answers = _known[explainer].answers
    if dtype not in answers:
        answers[dtype] = made.answer(explainer)
    return made, answers[dtype]


def attempt(compute: Callable[[], Any], what: str) -> Any:
    """The result, or a `Skip` with the component's own clear error: some methods refuse some networks."""
    try:
        return compute()
    except XaiplugError as error:
        raise Skip(f"refuses {what}: {error}") from error
