"""What a user gives beside model and inputs, by whatever name, as the tensors of a query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from xaiplug.calling.outputs import notice_range
from xaiplug.data.exact import Exact
from xaiplug.data.groups import FeatureGroups, grid_of
from xaiplug.data.samples import Pool, Samples
from xaiplug.errors import ComponentError, DataError, ShapeError, listing
from xaiplug.kinds import Baseline, Component, Segmenter
from xaiplug.model.query import Explaining, Query
from xaiplug.registry import resolve

DEFAULTS: dict[str, Any] = {"baseline": "black", "imputer": "baseline", "segmenter": "grid"}
"""What stands in for a need that nobody gave; recorded in `meta["defaults"]`. References and pools have no default."""


@dataclass(frozen=True, eq=False)
class Given:
    """What a user gives beside model and inputs: components by any name, or the data itself."""

    segmenter: Any = None
    baseline: Any = None
    references: Any = None
    imputer: Any = None
    pool: Any = None
    relevant: Tensor | None = None
    labels: Tensor | None = None
    exact: Exact | None = None
    explainer: Any = None


def or_default(value: Any, name: str, used: dict[str, Any]) -> Any:
    """What was given, or the default, of which a note is left in `used`."""
    if value is None:
        used[name] = value = DEFAULTS[name]
    return value


def groups_of(segmenter: Any, query: Query, used: dict[str, Any] | None = None) -> FeatureGroups:
    """Feature groups from a segmenter by any name, a label map (B,*grid) or (1,*grid), or `FeatureGroups`.

    Without a segmenter, embeddings and rows have one group per position; images are cut into the patches of a vision
    transformer that we know, or by the default segmenter.
    """
    inputs = query.inputs
    shape = tuple(inputs.shape[1:])
    if isinstance(segmenter, FeatureGroups):
        return segmenter.to(inputs.device).validate(inputs)
    if isinstance(segmenter, Tensor):
        labels = segmenter.expand(len(inputs), *segmenter.shape[1:]) if len(segmenter) == 1 else segmenter
        return FeatureGroups.from_labels(labels.to(inputs.device)).validate(inputs)
    if segmenter is None and len(shape) < 3:
        grid = grid_of(shape)
        positions = torch.arange(int(torch.tensor(grid).prod()), device=inputs.device).view(1, *grid)
        return FeatureGroups.from_labels(positions.expand(len(inputs), *grid))
    if segmenter is None and (tokens := query.model.tokens) is not None:
        (used if used is not None else {})["segmenter"] = "patches of the model"
        patches = tokens.patches(inputs).labels
        return FeatureGroups.from_labels(patches.expand(len(inputs), *patches.shape))
    chosen = resolve("segmenter", or_default(segmenter, "segmenter", {} if used is None else used))
    assert isinstance(chosen, Segmenter)
    if len(shape) != 3 and not (chosen.volumes and len(shape) == 4):
        raise ComponentError(
            f"segmenter '{chosen.called}' cuts images (B,C,H,W); for inputs {tuple(inputs.shape)} give a label map "
            f"{(len(inputs), *grid_of(shape))} instead: segmenter=labels"
        )
    return chosen.read(chosen.segment(inputs, query.seeds), inputs)


def built(value: Any, query: Query, what: str) -> Tensor:
    """Baselines or references (n,B,*shape) from a component or a tensor (n,B,*shape), (B,*shape), (n,1,*shape), *shape.

    Raises:
        ShapeError: it does not fit the inputs.
    """
    inputs = query.inputs
    if isinstance(value, Baseline):
        return value.read(value.build(query), query)
    given: Tensor = value.to(inputs)
    given = given.clone() if given.is_inference() else given
    if given.shape == inputs.shape[1:]:
        given = given[None, None]
    elif given.shape == inputs.shape:
        given = given[None]
    if given.ndim != inputs.ndim + 1 or given.shape[2:] != inputs.shape[1:] or given.shape[1] not in (1, len(inputs)):
        raise ShapeError(
            f"{what} {tuple(value.shape)} does not fit inputs {tuple(inputs.shape)}; expected (n,B,*shape)"
        )
    notice_range(query.model, given.flatten(0, 1), what)
    return given.expand(len(given), *inputs.shape)


def pool_of(pool: Any, query: Query) -> Pool:
    """A pool on the model's device, with the model's own predictions.

    Raises:
        DataError: none given. ShapeError: it does not fit the inputs.
    """
    if isinstance(pool, Pool):
        return pool
    if isinstance(pool, Samples):
        inputs, labels = pool.inputs, pool.labels
    elif isinstance(pool, Sequence) and len(pool) == 2:
        inputs, labels = pool
    else:
        raise DataError(
            "this method draws from further samples: give pool=Samples(...), or (inputs (N,*shape), labels (N,))"
        )
    labels = torch.full((len(inputs),), -1) if labels is None else torch.as_tensor(labels)
    if len(labels) != len(inputs) or inputs.shape[1:] != query.inputs.shape[1:]:
        raise ShapeError(
            f"pool of inputs {tuple(inputs.shape)} and labels {tuple(labels.shape)}; expected (N,*shape), like the "
            f"inputs {tuple(query.inputs.shape)}, and N labels"
        )
    inputs = inputs.to(query.inputs)
    notice_range(query.model, inputs, "pool")
    return Pool(inputs, labels.to(inputs.device), query.forward(inputs).argmax(1))


def labels_of(given: Any, query: Query) -> Tensor:
    """Labels (B,) on the inputs' device."""
    labels: Tensor = torch.as_tensor(given)
    if len(labels) != len(query):
        raise ShapeError(f"labels must be one per sample ({len(query)},), got {tuple(labels.shape)}")
    return labels.to(query.inputs.device)


def relevant_of(relevant: Tensor | None, query: Query, component: Component) -> Tensor:
    """The features that matter, (B,*grid) bool, on the inputs' device."""
    if relevant is None:
        raise ComponentError(f"{component.told} compares with a known truth: give relevant (B,H,W) bool")
    grid = grid_of(tuple(query.inputs.shape[1:]))
    if relevant.dtype != torch.bool or tuple(relevant.shape) != (len(query), *grid):
        raise ShapeError(f"relevant must be {(len(query), *grid)} bool, got {tuple(relevant.shape)} {relevant.dtype}")
    return relevant.to(query.inputs.device)


def explainer_of(again: Any, query: Query, component: Component) -> Explaining:
    """The explainer of an explanation, to be asked again about the samples of a query."""
    if again is None:
        raise ComponentError(
            f"{component.told} asks the explainer again, and this explanation came without one (from a file, cut from "
            "another, or made by hand): explain by xaiplug.explain in this session, or score it in a run file"
        )
    bound: Explaining = again.on(query)
    return bound


def exact_of(exact: Exact | None, query: Query, component: Component) -> Exact:
    """The exact answer, if it says what the component asks for."""
    statement = getattr(component, "asks", None)
    asked = f"{component.told} asks a truth for '{statement}'"
    if exact is None:
        raise ComponentError(f"{asked}: give exact=, as of samples whose exact answer is known (`samples.exact`)")
    if statement not in exact.says:
        raise ComponentError(
            f"{asked}, and this one says {listing(exact.says)}: that is undefined, take another metric"
        )
    if exact.of and exact.of != query.model.name:
        raise ComponentError(
            f"{asked}, and the exact answer is of model '{exact.of}', not of '{query.model.name}'; in a run file say "
            "under runs: which data go with which model"
        )
    if query.target.scale != "logit":
        raise ComponentError(f"{asked}, which is of the logit; explain scale='logit', not '{query.target.scale}'")
    if len(exact) != len(query):
        raise ShapeError(f"the exact answer is of {len(exact)} samples, and there are {len(query)}")
    exact.groups.validate(query.inputs)
    return exact.to(query.inputs.device)
