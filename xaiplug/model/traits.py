"""What a network's answers depend on, as far as it can be read from it: weights, buffers, attributes, code."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import partial
from types import CodeType, FunctionType, MethodType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaiplug.origins import digest, own, release, sources

_ITS_OWN = frozenset(vars(nn.Module()))
"""Attributes that every module has: its parameters, buffers and modules are seen apart, `training` is not asked for."""

_HOOKS = ("_forward_hooks", "_forward_pre_hooks")
_CONTAINERS = (list, tuple, set, frozenset)


def traits(network: nn.Module) -> dict[str, str]:
    """Name -> hash or version of everything that can be read from a network.

    `weights of`, `buffers of` (those that are not saved too), `attributes of` (plain data, tensors and functions that
    its modules hold), `structure of`, `network 'module:Class'` for each class and function whose source its author may
    edit, `release of torch` for each distribution that the others come from.

    What hides elsewhere (a closure, a file read while it answers) only shows in its answers.
    """
    code: dict[str, Any] = {}
    named = list(network.named_modules(remove_duplicate=False))
    attributes = {name: _attributes(module, code) for name, module in named}
    for _, module in named:
        for cls in type(module).__mro__:
            _seen(cls, code)
    return {
        "structure of": digest([[name, _name(type(module)), _script(module)] for name, module in named]),
        "weights of": tensors_digest(network.named_parameters(remove_duplicate=False)),
        "buffers of": tensors_digest(network.named_buffers(remove_duplicate=False)),
        "attributes of": digest({name: held for name, held in attributes.items() if held}),
        **{name: found if isinstance(found, str) else digest(found) for name, found in sorted(code.items())},
    }


def tensors_digest(named: Iterable[tuple[str, Tensor]]) -> str:
    """sha256 of names, shapes, dtypes and bytes."""
    found = hashlib.sha256()
    for name, value in sorted(named, key=lambda item: item[0]):
        found.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
        found.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def _script(module: nn.Module) -> str:
    """The code of a module that was compiled or traced: it is no file's."""
    return str(module.code) if isinstance(module, torch.jit.ScriptModule | torch.fx.GraphModule) else ""


def _attributes(module: nn.Module, code: dict[str, Any]) -> dict[str, Any]:
    held = {name: value for name, value in vars(module).items() if name not in _ITS_OWN}
    hooks = {name: list(getattr(module, name).values()) for name in _HOOKS if getattr(module, name, None)}
    return {name: _plain(value, code) for name, value in sorted({**held, **hooks}.items())}


def _plain(value: Any, code: dict[str, Any]) -> Any:
    """Plain data that is the same in every process; objects that are none count by their class alone."""
    match value:
        case None | bool() | int() | str() | bytes():
            return repr(value)
        case float() | complex() | Enum() | np.generic() | torch.dtype():
            return repr(value)
        case Tensor():
            return tensors_digest([("", value)])
        case np.ndarray() if value.dtype != object:
            return [str(value.dtype), list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
        case nn.Module():
            return [_name(type(value)), tensors_digest(value.state_dict().items())]
        case Mapping():
            return sorted([repr(key), _plain(held, code)] for key, held in value.items() if isinstance(key, str | int))
        case partial():
            return [_plain(part, code) for part in (value.func, value.args, value.keywords)]
        case MethodType():
            return _plain(value.__func__, code)
    if isinstance(value, _CONTAINERS):
        items = [_plain(item, code) for item in value]
        return sorted(items, key=repr) if isinstance(value, set | frozenset) else items
    _seen(value if isinstance(value, type | FunctionType) else type(value), code)
    if isinstance(value, FunctionType) and "<" in value.__qualname__:  # one of many of a file that are called alike
        cells = [cell.cell_contents for cell in value.__closure__ or ()]
        return [_name(value), _compiled(value.__code__), _plain([value.__defaults__, cells], code)]
    return _name(value if callable(value) and hasattr(value, "__qualname__") else type(value))


def _seen(thing: type | Callable[..., Any], code: dict[str, Any]) -> None:
    """Note in `code` where a class or function comes from."""
    module = getattr(thing, "__module__", None) or "builtins"
    top = module.partition(".")[0]
    if own(module):
        name = f"network '{_name(thing)}'"
        if name not in code:
            found = sources(module)
            code[name] = found if any(found.values()) else _text(thing)
    elif version := release(top):
        code[f"release of {top}"] = version


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '')}:{thing.__qualname__}"


def _text(thing: Any) -> Any:
    """The source of a class or function that is in no file, as in a notebook; its compiled code where that is lost."""
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):
        pass
    if isinstance(thing, FunctionType):
        return _compiled(thing.__code__)
    functions = {name: value for name, value in vars(thing).items() if isinstance(value, FunctionType)}
    return {name: _text(function) for name, function in functions.items()}


def _compiled(code: CodeType) -> list[Any]:
    inner = [_compiled(held) if isinstance(held, CodeType) else repr(held) for held in code.co_consts]
    return [code.co_code.hex(), list(code.co_names), inner]
