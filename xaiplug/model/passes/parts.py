"""The parts of a network as they were: its modules, and the tensors that they hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from operator import eq, is_
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from xaiplug.errors import ModelError

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)
_DICTIONARIES = ("_parameters", "_buffers", "_modules", *_HOOKS)
_ITS_OWN = frozenset(vars(nn.Module()))


def parameters(network: nn.Module) -> Iterator[nn.Parameter]:
    """Those of `network.parameters()`, in its order, a shared one each time; the first in a third of the time."""
    for part in network.modules():
        yield from (tensor for tensor in part._parameters.values() if tensor is not None)


class Parts:
    """All modules and tensors of a network, found by one walk.

    Args:
        copied: whether the numbers of a tensor are kept too, so that they can be put back. Of the others it is only
            seen that somebody wrote to them, and not if it was through `.data` or numpy.

    Raises:
        ModelError: parameters that have no shape yet.
    """

    def __init__(self, network: nn.Module, copied: Callable[[Tensor], bool] = lambda tensor: True) -> None:
        self.modules = [_Module(part) for part in network.modules()]
        kinds = (kind for part in self.modules for kind in (part.module._parameters, part.module._buffers))
        held = dict.fromkeys(tensor for kind in kinds for tensor in kind.values() if tensor is not None)
        if any(map(is_lazy, held)):
            raise ModelError("the network has lazy layers that no forward has given a shape; call it once on an input")
        self.tensors = [_Tensor(tensor, copied(tensor)) for tensor in held]
        self.mended: list[Tensor] = []
        """Tensors that had been written to, and have their numbers again."""
        self.lost: list[Tensor] = []
        """Those that have not."""

    def freeze(self) -> None:
        """Evaluation mode, and no gradient of a parameter."""
        if any(part.module.training for part in self.modules):
            self.modules[0].module.eval()
        for part in self.tensors:
            if part.requires_grad:
                part.tensor.requires_grad_(False)

    def restore(self) -> None:
        """Put all back."""
        for part in self.modules:
            part.restore()
        written = [part for part in self.tensors if part.restore()]
        self.mended = [part.tensor for part in written if part.copied]
        self.lost = [part.tensor for part in written if not part.copied]


class _Module:
    """One module as it was; what its tensors hold is not its own."""

    __slots__ = ("before", "empty", "filled", "kind", "module", "training")

    def __init__(self, module: nn.Module) -> None:
        self.module, self.kind, self.training = module, type(module), module.training
        self.before = dict(vars(module))
        # TorchScript's are no dictionaries, and nobody changes them.
        found = [live for live in map(self.before.get, _DICTIONARIES) if isinstance(live, dict)]
        self.empty = [live for live in found if not live]
        self.filled = [(live, dict(live)) for live in found if live]

    def restore(self) -> None:
        if type(self.module) is not self.kind:
            self.module.__class__ = self.kind
        if not _same(held := vars(self.module), self.before):
            self._put_back(held)
        if any(self.empty):
            for live in self.empty:
                live.clear()
        for live, saved in self.filled:
            if not _same(live, saved):  # in place: torch's removable handles hold on to the dictionary itself
                live.clear()
                live.update(saved)

    def _put_back(self, held: dict[str, Any]) -> None:
        if self.module.training != self.training:
            self.module.training = self.training
        own = _attributes(self.kind, self.before)
        for name in _attributes(self.kind, held).keys() - own.keys():
            del held[name]
        held.update(own)
        held.update({name: self.before[name] for name in _DICTIONARIES if name in self.before})


class _Tensor:
    """One parameter or buffer as it was: its memory, and the numbers in it or how often they had been written."""

    __slots__ = ("copied", "grad", "memory", "requires_grad", "tensor", "values", "version", "where")

    def __init__(self, tensor: Tensor, copied: bool) -> None:
        self.tensor, self.memory, self.where = tensor, tensor.data, _where(tensor)
        self.requires_grad, self.grad = tensor.requires_grad, tensor.grad
        self.copied = copied or tensor.is_inference()
        self.values, self.version = (self.memory.clone(), 0) if self.copied else (self.memory, tensor._version)

    def restore(self) -> bool:
        """Put back what was kept; whether somebody had written to the numbers."""
        tensor = self.tensor
        if tensor.requires_grad != self.requires_grad:
            tensor.requires_grad_(self.requires_grad)
        if tensor.grad is not self.grad:
            tensor.grad = self.grad
        written = not self.memory.equal(self.values) if self.copied else tensor._version != self.version
        if written and self.copied:
            self.memory.copy_(self.values)
        if _where(tensor) != self.where:
            tensor.data = self.memory
        return written


def _where(tensor: Tensor) -> tuple[Any, ...]:
    return tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype


def _same(held: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether two dictionaries have the same names and the very same values, in the same order."""
    return len(held) == len(before) and all(map(is_, held.values(), before.values())) and all(map(eq, held, before))


def _attributes(kind: type, held: Mapping[str, Any]) -> dict[str, Any]:
    """Methods that were replaced on an instance, and torch's constants, like the `eps` of a batch norm."""
    constants = getattr(kind, "__constants__", ())
    names = held.keys() - _ITS_OWN
    return {name: held[name] for name in names if name in constants or callable(getattr(kind, name, None))}
