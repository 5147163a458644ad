"""The one memory knob: rows per call. "auto" starts generous, halves on out-of-memory, remembers for the process."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Literal, TypeVar, cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.errors import NonFiniteError
from xaiplug.model.passes.parts import parameters

Part = TypeVar("Part")
Result = TypeVar("Result", Tensor, tuple[Tensor, ...], tuple[Tensor, Tensor])

CPU_ELEMENTS = 3 * 2**18
"""Five rows of 3x224x224, where nobody says how many numbers a row holds."""
_GPU_ELEMENTS = 2**27
_STUDY_ELEMENTS = 2**21
"""Input numbers of a study held at a time; a method keeps many times as many."""
_OUT_OF_MEMORY = (
    "out of memory",  # CUDA, HIP and XPU ("CUDA error: out of memory"), MPS ("MPS backend out of memory")
    "_alloc_failed",  # cuBLAS, cuDNN, cuSOLVER, cuSPARSE, cuFFT ("CUBLAS_STATUS_ALLOC_FAILED")
    "not enough memory",  # the CPU, on Windows
    "can't allocate memory",  # the CPU, elsewhere
    "outofmemory",  # "hipErrorOutOfMemory"
)
_fits: WeakKeyDictionary[nn.Module, dict[Hashable, int]] = WeakKeyDictionary()


def in_chunks(
    run: Callable[[slice], Result],
    rows: int,
    elements: int,
    max_batch: int | Literal["auto"],
    key: tuple[Hashable, nn.Module],
) -> Result:
    """Concatenate `run(slice)` over chunks of `rows`.

    Args:
        run: computes rows `slice`; a tensor, or a tuple of tensors, with the rows first.
        rows: how many rows there are; 0 calls `run` once with an empty slice.
        elements: numbers held per row, for the first guess of "auto".
        max_batch: rows per call, or "auto".
        key: (what is run, on which module): what "auto" remembers the size under.
    """
    kind, module = key

    def smaller(size: int) -> None:
        _fits.setdefault(module, {})[kind, elements] = size

    if isinstance(max_batch, int):
        return _joined(list(_parts(run, rows, max_batch, None)))
    return _joined(list(_parts(run, rows, _first_guess(kind, module, elements, rows), smaller)))


def in_parts(run: Callable[[list[int]], Part], samples: int, elements: int) -> list[Part]:
    """`run(rows)` for consecutive samples of a study; fewer at a time after running out of memory.

    Args:
        run: whatever is made of some samples; its own passes are cut into chunks again.
        elements: numbers per sample.
    """

    def rows(part: slice) -> Part:
        return run(list(range(part.start, part.stop)))

    size = max(2, _STUDY_ELEMENTS // max(1, elements))
    return list(_parts(rows, samples, size, lambda size: None)) if samples else []


def _parts(run: Callable[[slice], Part], rows: int, size: int, smaller: Callable[[int], None] | None) -> Iterator[Part]:
    """`run` over slices of `size` rows, at least once; halved on out-of-memory where `smaller` wants to hear of it."""
    start = 0
    while start < max(1, rows):
        try:
            part = run(slice(start, min(start + size, rows)))
        except NonFiniteError as error:
            raise NonFiniteError(str(error), [start + row for row in error.rows]) from error
        except (RuntimeError, MemoryError) as error:
            if smaller is None or size == 1 or not is_out_of_memory(error):
                raise
            size //= 2
            smaller(size)
            torch.cuda.empty_cache()
            continue
        yield part
        start += size


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, of a GPU or of the CPU: only CUDA's own allocator has a class of its own for it."""
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(name in text for name in _OUT_OF_MEMORY)


def _first_guess(kind: Hashable, module: nn.Module, elements: int, rows: int) -> int:
    if module in _fits and (kind, elements) in _fits[module]:
        return _fits[module][kind, elements]
    if rows * elements <= CPU_ELEMENTS:
        return max(1, rows)
    parameter = next(parameters(module), None)
    budget = _GPU_ELEMENTS if parameter is not None and parameter.device.type != "cpu" else CPU_ELEMENTS
    return max(1, budget // max(1, elements))


def _joined(parts: list[Result]) -> Result:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Tensor):
        return torch.cat(parts)
    return cast(Result, tuple(torch.cat(column) for column in zip(*parts, strict=True)))
