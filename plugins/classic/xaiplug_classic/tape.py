"""What a network computes from its pixels, operation by operation, whoever calls them: modules, functions or operators.

The forward runs as it is, and every call of torch is seen on its way. So names of classes mean nothing, a functional
ReLU is a ReLU, a module called twice is two operations, and what reads a value is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_flatten, tree_map

from xaiplug.errors import ModelError
from xaiplug.model.pixels import NARROW

Call = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Operation:
    """One call: `run` gives `outputs` of `inputs`, the tensors among its arguments that depend on the pixels."""

    name: str
    function: Call
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    run: Call
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def again(self, inputs: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The outputs of other inputs, with their graph; not in 16 bits."""
        instead = {id(old): new for old, new in zip(self.inputs, inputs, strict=True)}
        args, kwargs = tree_map(lambda value: wide(instead.get(id(value), value)), (self.args, self.kwargs))
        return tuple(value for value in tree_flatten(self.run(*args, **kwargs))[0] if isinstance(value, Tensor))


def wide(value: Any) -> Any:
    """A tensor of 16 bits in 32; anything else as it is."""
    return value.float() if isinstance(value, Tensor) and value.dtype in NARROW else value


class Tape(TorchFunctionMode):
    """Records while it is entered; what is written in place is written to a new tensor, and read from there.

    Args:
        pixels: (B,*shape), where the recording begins; nothing else may require a gradient.
        known: the names of the operations that may be recorded.
        model: its name, for errors.

    Raises:
        ModelError: an operation that is not known, or one that torch does not show, on a value that depends on pixels.
    """

    def __init__(self, pixels: Tensor, known: frozenset[str], model: str) -> None:
        super().__init__()
        self.operations: list[Operation] = []
        self.pixels = pixels.detach().requires_grad_()
        self._known, self._model = known, model
        self._made = {id(self.pixels): self.pixels}
        self._written: dict[int, tuple[Tensor, Tensor]] = {}

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        args, kwargs = tree_map(self.now, (tuple(args), kwargs or {}))
        tensors = [value for value in tree_flatten((args, kwargs))[0] if isinstance(value, Tensor)]
        inputs = tuple({id(value): value for value in tensors if self._computed(value, func)}.values())
        if not inputs:
            return func(*args, **kwargs)
        name, writes = _named(func, kwargs)
        if name not in self._known or kwargs.get("out") is not None:
            if writes:
                raise self.unknown(resolve_name(func) or name)
            return self._beside(func, func(*args, **kwargs))
        run = _on_a_copy(func) if writes else func
        with torch.no_grad():
            result = run(*args, **kwargs)
        if any(result is value for value in inputs):
            return result
        made = tree_map(lambda value: value.detach().requires_grad_() if isinstance(value, Tensor) else value, result)
        outputs = tuple(value for value in tree_flatten(made)[0] if isinstance(value, Tensor))
        self._made.update((id(value), value) for value in outputs)
        self.operations.append(Operation(name, func, inputs, outputs, run, args, kwargs))
        if writes:
            self._written[id(args[0])] = (args[0], made)
        return made

    def readers(self) -> Counter[int]:
        """How many operations read the tensor of each id."""
        return Counter(id(value) for operation in self.operations for value in operation.inputs)

    def now(self, value: Any) -> Any:
        """What a tensor is after all that was written to it."""
        while isinstance(value, Tensor) and id(value) in self._written:
            value = self._written[id(value)][1]
        return value

    def holds(self, value: Any) -> bool:
        """Whether a value was recorded, or is the pixels themselves."""
        return id(value) in self._made

    def unknown(self, what: str) -> ModelError:
        """The error of an operation without a rule."""
        return ModelError(
            f"lrp has no rule for {what} in model '{self._model}'; it knows linear, convolution, pooling and "
            "batch-norm layers, ReLU and its like, sums and what moves values about; use integrated-gradients, which "
            "needs gradients alone"
        )

    def _computed(self, value: Tensor, func: Any) -> bool:
        if self.holds(value):
            return True
        if value.grad_fn is not None:
            raise ModelError(
                f"lrp cannot follow model '{self._model}' to {resolve_name(func) or func}: what it reads was made by "
                f"something that torch does not show ({type(value.grad_fn).__name__}); use integrated-gradients"
            )
        return False

    def _beside(self, func: Any, result: Any) -> Any:
        """A result that carries nothing on: a shape, a type, whole numbers."""
        for value in tree_flatten(result)[0]:
            carries = (
                value.is_floating_point() or value.is_complex() if isinstance(value, Tensor) else _is_number(value)
            )
            if carries:
                raise self.unknown((resolve_name(func) or str(func)).removesuffix(".__get__"))
        return result


def _is_number(value: Any) -> bool:
    return isinstance(value, float | complex) or type(value).__module__ == "numpy"


def _on_a_copy(func: Call) -> Call:
    """An operation that writes into its first argument, writing into a copy of it."""
    return lambda first, *rest, **named: func(first.clone(), *rest, **named)


_ALIASES = {
    **dict.fromkeys(("iadd", "radd"), "add"),
    **dict.fromkeys(("isub", "subtract"), "sub"),
    **dict.fromkeys(("imul", "rmul", "multiply"), "mul"),
    **dict.fromkeys(("truediv", "itruediv", "idiv", "divide", "true_divide"), "div"),
}


def _named(func: Any, kwargs: dict[str, Any]) -> tuple[str, bool]:
    """The plain name of an operation, and whether it writes into its first argument."""
    given = getattr(func, "__name__", str(func))
    bare = given.strip("_")
    if given.startswith("__"):
        return _ALIASES.get(bare, bare), bare == "setitem" or (bare.startswith("i") and bare in _ALIASES)
    return _ALIASES.get(bare, bare), given.endswith("_") or bool(kwargs.get("inplace"))
