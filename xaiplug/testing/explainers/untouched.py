"""Nothing of the user's is changed: model, hooks, inputs, random state, gradient mode.

These call the component without the framework's guard, which would put things right and hide the violation.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaiplug.components import Explainer
from xaiplug.errors import XaiplugError
from xaiplug.testing.compare import same
from xaiplug.testing.nets import Fuse
from xaiplug.testing.scenes import Scene, main_scene, reference, unguarded
from xaiplug.testing.types import Measured, Violation, check

_HOOKS = (
    "_forward_hooks",
    "_forward_pre_hooks",
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks_with_kwargs",
    "_forward_hooks_always_called",
)


def hooks(module: nn.Module) -> list[str]:
    """Every hook in a module, and every method replaced on it: what an explainer may leave behind."""
    found = []
    for name, part in module.named_modules():
        for kind in _HOOKS:
            found += [f"{kind[1:]} on '{name or type(part).__name__}'" for _ in getattr(part, kind)]
        if "forward" in vars(part):
            found.append(f"replaced forward of '{name or type(part).__name__}'")
    for name, parameter in module.named_parameters():
        for kind in ("_backward_hooks", "_post_accumulate_grad_hooks"):
            found += [f"{kind[1:]} on parameter '{name}'" for _ in getattr(parameter, kind, None) or ()]
    for kind in (
        "_global_forward_hooks",
        "_global_forward_pre_hooks",
        "_global_backward_hooks",
        "_global_backward_pre_hooks",
    ):
        found += [kind[1:] for _ in getattr(torch.nn.modules.module, kind, ())]
    return found


def state(module: nn.Module) -> dict[str, Any]:
    """Parameters, buffers, gradients and flags of a module, copied."""
    seen: dict[str, Any] = {f"module '{name}' training": part.training for name, part in module.named_modules()}
    for name, parameter in module.named_parameters():
        seen[f"parameter '{name}'"] = parameter.detach().clone()
        seen[f"gradient of '{name}'"] = None if parameter.grad is None else parameter.grad.clone()
        seen[f"requires_grad of '{name}'"] = parameter.requires_grad
    return seen | {f"buffer '{name}'": buffer.clone() for name, buffer in module.named_buffers()}


def flags(module: nn.Module) -> dict[str, Any]:
    """Training and requires_grad flags."""
    return {name: value for name, value in state(module).items() if isinstance(value, bool)}


def compare_states(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Raise a `Violation` that names what changed."""
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if isinstance(old, Tensor) and isinstance(new, Tensor):
            equal = old.dtype == new.dtype and torch.equal(old, new)
        else:
            equal = old is new or (not isinstance(old, Tensor) and not isinstance(new, Tensor) and old == new)
        if not equal:
            raise Violation(f"changed the model: {name}")


@check("model-untouched")
def model_untouched(explainer: Explainer) -> None:
    """Parameters, buffers, gradients, requires_grad and training flags are as before, bit for bit."""
    query = main_scene(explainer).ask(explainer)
    network = query.model.network
    before = state(network)
    unguarded(explainer, query)
    compare_states(before, state(network))


@check("hooks-removed")
def hooks_removed(explainer: Explainer) -> None:
    """No hook stays behind."""
    query = main_scene(explainer).ask(explainer)
    before = hooks(query.model.module)
    unguarded(explainer, query)
    _no_more(before, hooks(query.model.module), "left behind")


@check("hooks-removed-on-error")
def hooks_removed_on_error(explainer: Explainer) -> Measured:
    """No hook and no changed flag stays behind when the model raises half-way, and the error comes through."""
    made = main_scene(explainer)
    blown = 0
    for allowed in (0, 1, 2):
        fused = Fuse(made.network, allowed)
        query = made.replace(network=fused).ask(explainer)
        before, flagged = hooks(query.model.module), flags(query.model.network)
        fused.armed = True
        try:
            unguarded(explainer, query)
            raised = False
        except (XaiplugError, RuntimeError):
            raised = True
        _no_more(before, hooks(query.model.module), "left behind when the model raised")
        compare_states(flagged, flags(query.model.network))
        if fused.blown and not raised:
            raise Violation("the model raised and the explainer went on as if nothing had happened")
        blown += fused.blown
    return Measured(detail=f"model raised in {blown} of 3 runs")


def _no_more(before: list[str], after: list[str], what: str) -> None:
    if len(after) > len(before):
        left = [name for name in after if name not in before] or after
        raise Violation(f"{what}: {', '.join(left[:3])}")


@check("inputs-untouched")
def inputs_untouched(explainer: Explainer) -> None:
    """The tensors of the query are as before: values, requires_grad, no gradient."""
    query = main_scene(explainer).ask(explainer)
    named = {name: getattr(query, name) for name in ("inputs", "baseline", "references", "relevant", "seeds")}
    named["target"] = query.target.index
    if query.groups is not None:
        named |= {"groups.labels": query.groups.labels, "groups.counts": query.groups.counts}
    if query.pool is not None:
        named |= {"pool.inputs": query.pool.inputs, "pool.labels": query.pool.labels}
    tensors = {name: value for name, value in named.items() if value is not None}
    copies = {name: value.clone() for name, value in tensors.items()}
    unguarded(explainer, query)
    for name, value in tensors.items():
        if not torch.equal(value, copies[name]):
            raise Violation(f"changed query.{name}")
        if value.requires_grad or value.grad is not None:
            raise Violation(f"left a gradient on query.{name}")


@check("global-rng-untouched")
def global_rng_untouched(explainer: Explainer) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    query = main_scene(explainer).ask(explainer)
    untouched_by(lambda: unguarded(explainer, query))


def untouched_by(act: Any) -> None:
    """Raise a `Violation` if `act()` changes a global random state."""
    before = _random_states()
    act()
    for name, old, new in zip(("torch", "numpy", "random"), before, _random_states(), strict=True):
        if old != new:
            raise Violation(f"changed the global random state of {name}; draw from query.normal, uniform or randint")


def _random_states() -> tuple[Any, Any, Any]:
    legacy = np.random.get_state(legacy=True)
    return (torch.get_rng_state().numpy().tobytes(), (legacy[1].tobytes(), legacy[2:]), random.getstate())  # type: ignore[index]


@check("gradient-mode")
def gradient_mode(explainer: Explainer) -> Measured:
    """A caller under no_grad or inference_mode gets the same map, and gradient mode is left as it was."""
    made, answered = reference(explainer)
    query = made.ask(explainer)
    with torch.enable_grad():
        explainer.explain(query)
        if not torch.is_grad_enabled():
            raise Violation("switched gradients off for the caller")
    error = 0.0
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            got = _inside(made).answer(explainer).attribution
        error = max(
            error,
            same(got.clone(), answered.attribution, 1e-5, f"another map under torch.{mode.__name__}").error or 0.0,
        )
    return Measured(error, 1e-5)


def _inside(made: Scene) -> Scene:
    """The scene's tensors made anew, in whatever mode the caller is in."""
    return made.replace(
        inputs=made.inputs.clone(),
        labels=made.labels.clone(),
        baseline=made.baseline.clone(),
        references=made.references.clone(),
    )


CHECKS = (
    model_untouched,
    hooks_removed,
    hooks_removed_on_error,
    inputs_untouched,
    global_rng_untouched,
    gradient_mode,
)
