"""What a component leaves behind: on the model, on its inputs, in the global random state."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaiplug.kinds import Component
from xaiplug.model.query import Query
from xaiplug.testing.shared.types import Violation

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


def no_more(before: list[str], after: list[str], what: str) -> None:
    if len(after) > len(before):
        left = [name for name in after if name not in before] or after
        raise Violation(f"{what}: {', '.join(left[:3])}")


def tensors_of(query: Query) -> dict[str, Tensor]:
    """The tensors of a query by name."""
    named = {name: getattr(query, name) for name in ("inputs", "baseline", "references", "relevant", "labels", "seeds")}
    named["target"] = query.target.index
    if query.groups is not None:
        named |= {"groups.labels": query.groups.labels, "groups.counts": query.groups.counts}
    if query.exact is not None:
        named |= {f"exact.{name}": value for name, value in query.exact.tensors().items()}
    if query.pool is not None:
        named |= {"pool.inputs": query.pool.inputs, "pool.labels": query.pool.labels}
    return {name: value for name, value in named.items() if value is not None}


def unchanged(tensors: Mapping[str, Tensor], act: Callable[[], Any], what: str = "query") -> None:
    """Raise a `Violation` if `act()` changes one of the tensors, or leaves a gradient on it."""
    copies = {name: value.clone() for name, value in tensors.items()}
    act()
    for name, value in tensors.items():
        if not torch.equal(value.nan_to_num(), copies[name].nan_to_num()):
            raise Violation(f"changed {what}.{name}")
        if value.requires_grad or value.grad is not None:
            raise Violation(f"left a gradient on {what}.{name}")


def model_unchanged(component: Component, query: Query, act: Callable[[], Any]) -> None:
    """Raise a `Violation` if `act()` changes the model or leaves a hook on it.

    Where the component says that it only reads, nothing may be written to for a moment either.
    """
    network = query.model.network
    before, hooked = state(network), hooks(query.model.module)
    with only_read(network) if component.only_reads() else nullcontext():
        act()
    compare_states(before, state(network))
    no_more(hooked, hooks(query.model.module), "left behind")


@contextmanager
def only_read(network: nn.Module) -> Iterator[None]:
    """Raise a `Violation` if a tensor of the network is written to in the block, even if it is put back."""
    held = dict((*network.named_parameters(), *network.named_buffers()))
    before = {name: (value.detach().clone(), value._version) for name, value in held.items()}

    def look(*_: Any) -> None:
        for name, value in held.items():
            if not torch.equal(value, before[name][0]) or value._version != before[name][1]:
                raise Violation(f"says that it only reads (reads_only), and wrote to '{name}' of the network")

    handles = [part.register_forward_pre_hook(look) for part in network.modules()]
    try:
        yield
        look()
    finally:
        for handle in handles:
            handle.remove()
