"""From what a user gives to a `Query`.

The notebook API and the run's cells both stand on this: one door, so one set of checks and defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from xaiplug.calling.given import (
    Given,
    built,
    exact_of,
    explainer_of,
    groups_of,
    labels_of,
    or_default,
    pool_of,
    relevant_of,
)
from xaiplug.calling.outputs import notice, notice_range
from xaiplug.calling.targets import target_index
from xaiplug.data.seeds import SampleSeeds
from xaiplug.data.target import Wanted
from xaiplug.errors import ComponentError, ModelError, XaiplugError, one_line
from xaiplug.kinds import Baseline, Component, Imputer
from xaiplug.model.adapter import Model
from xaiplug.model.passes import is_out_of_memory
from xaiplug.model.pixels import NARROW
from xaiplug.model.query import MaxBatch, Query
from xaiplug.registry import resolve


@contextmanager
def asking(model: Model, *, reads_only: bool = False) -> Iterator[None]:
    """Gradients on (also for callers under `no_grad` or `inference_mode`), the model frozen, the RNG guarded.

    Args:
        reads_only: as of `Model.frozen`; `only_reads` says it of what is asked.

    Raises:
        ModelError: memory ran out, and smaller batches were of no help or not allowed.
    """
    try:
        with torch.inference_mode(False), torch.enable_grad(), model.frozen(reads_only=reads_only):
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
    asks_first: bool = True,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
) -> Query:
    """A query with its target and seeds, on the model's device.

    `scale` is what the user asks for, `own_scale` the method's default; a plain one-output score has only its logit.
    The model is run once on every input, unless the method passes them through itself (`asks_first` of a component):
    then whether the target fits, and what the answers give away (`notice`), is seen by that pass.

    Raises:
        ShapeError: inputs of the wrong shape or dtype. ModelError: the model raises. NonFiniteError: it returns NaN.
    """
    model.check_inputs(inputs)
    wide = torch.float32 if inputs.dtype in NARROW else inputs.dtype
    plain = inputs.detach().as_subclass(Tensor)
    moved = plain.to(model.device, wide, copy=True, memory_format=torch.contiguous_format)
    notice_range(model, moved, "inputs")
    wanted = Wanted(target_index(target, model, moved), scale, own_scale or "logit")  # type: ignore[arg-type]
    query = Query(model, moved, wanted, SampleSeeds(moved, seed), max_batch=max_batch)
    if asks_first:
        query = query.replace(target=query.target)
        notice(query)
    return query


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
        imputer = resolve("imputer", or_default(given.imputer, "imputer", used))  # type: ignore[assignment]
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
        query = query.replace(relevant=relevant_of(given.relevant, query, component))
    if "exact" in needs:
        query = query.replace(exact=exact_of(given.exact, query, component))
    if "explainer" in needs:
        query = query.replace(explainer=explainer_of(given.explainer, query, component))
    if given.labels is not None:
        query = query.replace(labels=labels_of(given.labels, query))
    least = getattr(component, "min_groups", 1)
    if query.groups is not None and least > 1 and (fewest := int(query.groups.counts.min())) < least:
        raise ComponentError(
            f"{component.told} compares feature groups and needs at least {least} in every sample; sample "
            f"{int(query.groups.counts.argmin())} has {fewest}: use smaller groups"
        )
    return query, used


def _policy(value: Any, default: str | None, used: dict[str, Any]) -> Any:
    if value is None and default is None:
        raise ComponentError(
            "this method needs references: give references='other-class' with a pool, or a tensor (n,B,*shape)"
        )
    value = or_default(value, default or "", used)
    return value if isinstance(value, Tensor) else resolve("baseline", value)


def _needs_of(policy: Any) -> set[str]:
    return set(policy.needs) if isinstance(policy, Baseline) else set()


_TAKES = {"segmenter": "groups", "baseline": "baseline", "references": "references", "imputer": "imputer"}


def fitting(component: Component, given: Given) -> Given:
    """Of what is given to several components at once, what this one uses."""
    needs = set(component.needs)
    if "imputer" in needs:
        needs |= {"groups", *resolve("imputer", or_default(given.imputer, "imputer", {})).needs}
    for name in ("baseline", "references"):
        policy = getattr(given, name)
        if name in needs and policy is not None and not isinstance(policy, Tensor):
            needs |= _needs_of(resolve("baseline", policy))
    return replace(given, **{name: None for name, need in _TAKES.items() if need not in needs})


def only_reads(component: Component, given: Given) -> bool:
    """Whether neither the component nor a policy or an explainer given to it writes to a network's tensors."""
    named = {"baseline": given.baseline, "imputer": given.imputer}
    policies = [
        resolve(kind, value) for kind, value in named.items() if value is not None and not isinstance(value, Tensor)
    ]
    if given.references is not None and not isinstance(given.references, Tensor):
        policies.append(resolve("baseline", given.references))
    asked = [component, *policies, *([] if given.explainer is None else [given.explainer])]
    return all(one.only_reads() for one in asked)


def _refuse_unused(component: Component, needs: Collection[str], given: Given) -> None:
    for name, need in _TAKES.items():
        if getattr(given, name) is not None and need not in needs:
            used = [n for n, wanted in _TAKES.items() if wanted in needs]
            raise ComponentError(
                f"{component.told} does not use '{name}' (it uses: {', '.join(used) or 'none of these'})"
            )
