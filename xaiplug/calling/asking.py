"""From what a user gives to a `Query`.

The notebook API and the run's cells both stand on this: one door, so one set of checks and defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiplug.calling.outputs import notice, notice_range
from xaiplug.data.exact import Exact
from xaiplug.data.groups import FeatureGroups, grid_of
from xaiplug.data.samples import Pool, Samples
from xaiplug.data.seeds import sample_seeds
from xaiplug.data.target import Target
from xaiplug.errors import (
    ComponentError,
    DataError,
    ModelError,
    ShapeError,
    XaiplugError,
    did_you_mean,
    listing,
    one_line,
)
from xaiplug.kinds import Baseline, Component, Imputer, Segmenter
from xaiplug.model.adapter import Model
from xaiplug.model.passes import is_out_of_memory
from xaiplug.model.pixels import NARROW
from xaiplug.model.query import MaxBatch, Query
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


@contextmanager
def asking(model: Model) -> Iterator[None]:
    """Gradients on (also for callers under `no_grad` or `inference_mode`), the model frozen, the RNG guarded.

    Raises:
        ModelError: memory ran out, and smaller batches were of no help or not allowed.
    """
    try:
        with torch.inference_mode(False), torch.enable_grad(), model.frozen():
            yield
    except Exception as error:
        if isinstance(error, XaiplugError) or not is_out_of_memory(error):
            raise
        raise ModelError(
            f"model '{model.name}' ran out of memory ({one_line(error):.200}); ask for fewer samples at a time, or "
            "smaller inputs, or a smaller max_batch"
        ) from error


def base_query(
    model: Model,
    inputs: Tensor,
    *,
    target: Any = None,
    scale: str | None = None,
    own_scale: str | None = "logit",
    seed: int = 0,
    max_batch: MaxBatch = "auto",
) -> Query:
    """A query with its target and seeds, on the model's device; runs the model once on every input.

    `scale` is what the user asks for, `own_scale` the method's default; a plain one-output score has only its logit.

    Raises:
        ShapeError: inputs of the wrong shape or dtype. ModelError: the model raises. NonFiniteError: it returns NaN.
    """
    model.check_inputs(inputs)
    wide = torch.float32 if inputs.dtype in NARROW else inputs.dtype
    plain = inputs.detach().as_subclass(Tensor)
    moved = plain.to(model.device, wide, copy=True, memory_format=torch.contiguous_format)
    unknown = Target(torch.zeros(len(moved), dtype=torch.int64, device=model.device))
    query = Query(model, moved, unknown, sample_seeds(inputs, seed), max_batch=max_batch)
    notice(model, moved, query.logits)
    index = target_index(target, query)
    classes = query.logits.shape[1]
    plain_score = classes == 1 and model.output == "softmax"
    chosen = Target(index, scale or ("logit" if plain_score else own_scale or "logit"))  # type: ignore[arg-type]
    chosen.check(classes, model.output)
    return query.replace(target=chosen)


def target_index(target: Any, query: Query) -> Tensor:
    """Class indices (B,) from None (predicted), a `Target`, or classes by index or name: one, or one per sample.

    Indices may be Python's, numpy's, or a tensor.

    Raises:
        ShapeError: not one per sample. ComponentError: an unknown class name.
    """
    batch, device = len(query), query.inputs.device
    match target:
        case None:
            return query.logits.argmax(1)
        case Target():
            index = target.index
        case Tensor():
            index = target.reshape(-1) if target.ndim == 0 else target
            if index.is_floating_point() or index.dtype == torch.bool:
                raise ShapeError(f"target must hold class indices, got {index.dtype}")
        case np.ndarray() | np.generic():
            numbers = target.dtype.kind in "iufb"
            return target_index(torch.as_tensor(np.asarray(target)) if numbers else target.tolist(), query)
        case str() | int():
            index = torch.tensor([_class_index(target, query.model)])
        case [*names]:
            index = torch.tensor([_class_index(name, query.model) for name in names])
        case _:
            raise ShapeError(
                f"target must be a class index, a class name, or one of them per sample, got {target!r:.80}"
            )
    if index.shape not in ((1,), (batch,)):
        raise ShapeError(f"target must be one class, or one per sample ({batch},), got {tuple(index.shape)}")
    return index.to(device=device, dtype=torch.int64).expand(batch).contiguous()


def _class_index(name: Any, model: Model) -> int:
    if isinstance(name, int | np.integer) and not isinstance(name, bool):
        if not 0 <= name < 2**63:
            raise ShapeError(f"target class {name} is outside the model's outputs")
        return int(name)
    names = model.class_names or ()
    if name not in names:
        raise ComponentError(f"model '{model.name}' has no class {name!r}{did_you_mean(str(name), names)}")
    if names.count(name) > 1:
        same = [index for index, other in enumerate(names) if other == name]
        raise ComponentError(f"model '{model.name}' has several classes {name!r}: give the index, one of {same}")
    return names.index(name)


def complete(query: Query, component: Component, given: Given) -> tuple[Query, dict[str, Any]]:
    """Fill in what the component (and its imputer, its baseline) needs, and nothing else.

    Returns:
        The query, and the defaults that stood in for what was not given.

    Raises:
        ComponentError: a need that was not given and has no default, or something given that is not needed.
    """
    needs = set(component.needs)
    used: dict[str, Any] = {}
    imputer: Imputer | None = None
    if "imputer" in needs:
        imputer = resolve("imputer", _or_default(given.imputer, "imputer", used))  # type: ignore[assignment]
        needs |= {"groups", *imputer.needs}  # type: ignore[union-attr]
    baseline = _policy(given.baseline, "baseline", used) if "baseline" in needs else None
    needs |= _needs_of(baseline)
    references = _policy(given.references, None, used) if "references" in needs else None
    needs |= _needs_of(references)
    _refuse_unused(component, needs, given)
    if "pool" in needs:
        query = query.replace(pool=pool_of(given.pool, query))
    if "groups" in needs:
        query = query.replace(groups=groups_of(given.segmenter, query, used))
    if "references" in needs:
        query = query.replace(references=built(references, query, "references"))
    if "baseline" in needs:
        query = query.replace(baseline=built(baseline, query, "baseline"))
    if imputer is not None:
        query = query.replace(imputer=imputer)
    if "relevant" in needs:
        query = query.replace(relevant=_relevant(given.relevant, query, component))
    if "exact" in needs:
        query = query.replace(exact=_exact(given.exact, query, component))
    if given.labels is not None:
        query = query.replace(labels=_labels(given.labels, query))
    least = getattr(component, "min_groups", 1)
    if query.groups is not None and least > 1 and (fewest := int(query.groups.counts.min())) < least:
        raise ComponentError(
            f"{component.told} compares feature groups and needs at least {least} in every sample; sample "
            f"{int(query.groups.counts.argmin())} has {fewest}: use smaller groups"
        )
    return query, used


def _or_default(value: Any, name: str, used: dict[str, Any]) -> Any:
    if value is None:
        used[name] = value = DEFAULTS[name]
    return value


def _policy(value: Any, default: str | None, used: dict[str, Any]) -> Any:
    if value is None and default is None:
        raise ComponentError(
            "this method needs references: give references='other-class' with a pool, or a tensor (n,B,*shape)"
        )
    value = _or_default(value, default or "", used)
    return value if isinstance(value, Tensor) else resolve("baseline", value)


def _needs_of(policy: Any) -> set[str]:
    return set(policy.needs) if isinstance(policy, Baseline) else set()


def _refuse_unused(component: Component, needs: Collection[str], given: Given) -> None:
    takes = {"segmenter": "groups", "baseline": "baseline", "references": "references", "imputer": "imputer"}
    for name, need in takes.items():
        if getattr(given, name) is not None and need not in needs:
            used = [n for n, wanted in takes.items() if wanted in needs]
            raise ComponentError(
                f"{component.told} does not use '{name}' (it uses: {', '.join(used) or 'none of these'})"
            )


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
    chosen = resolve("segmenter", _or_default(segmenter, "segmenter", {} if used is None else used))
    assert isinstance(chosen, Segmenter)
    if len(shape) != 3:
        raise ComponentError(
            f"segmenters cut images (B,C,H,W); for inputs {tuple(inputs.shape)} give a label map instead"
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


def _labels(given: Any, query: Query) -> Tensor:
    labels: Tensor = torch.as_tensor(given)
    if len(labels) != len(query):
        raise ShapeError(f"labels must be one per sample ({len(query)},), got {tuple(labels.shape)}")
    return labels.to(query.inputs.device)


def _relevant(relevant: Tensor | None, query: Query, component: Component) -> Tensor:
    if relevant is None:
        raise ComponentError(f"{component.told} compares with a known truth: give relevant (B,H,W) bool")
    grid = grid_of(tuple(query.inputs.shape[1:]))
    if relevant.dtype != torch.bool or tuple(relevant.shape) != (len(query), *grid):
        raise ShapeError(f"relevant must be {(len(query), *grid)} bool, got {tuple(relevant.shape)} {relevant.dtype}")
    return relevant.to(query.inputs.device)


def _exact(exact: Exact | None, query: Query, component: Component) -> Exact:
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
