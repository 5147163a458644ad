"""The one memory knob: rows per call. "auto" starts generous, halves on out-of-memory, remembers for the process."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Literal, TypeVar, cast
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

Result = TypeVar("Result", Tensor, tuple[Tensor, ...], tuple[Tensor, Tensor])

_CPU_ELEMENTS = 3 * 2**18
"""Five rows of 3x224x224. More are slower: activations leave the cache (MobileNetV2, one core: 43 ms a row by 27 rows,
19 by 4; a ViT-Tiny is as fast by 4 as by 32)."""
_GPU_ELEMENTS = 2**27
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
    size = max_batch if isinstance(max_batch, int) else _first_guess(kind, module, elements)
    parts: list[Result] = []
    start = 0
    while start < rows or not parts:
        try:
            parts.append(run(slice(start, start + size)))
        except RuntimeError as error:
            if max_batch != "auto" or size == 1 or not is_out_of_memory(error):
                raise
            size = size // 2
            _fits.setdefault(module, {})[kind, elements] = size
            torch.cuda.empty_cache()
            continue
        start += size
    return _joined(parts)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch ran out of memory, on a GPU or on the CPU."""
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError) or "not enough memory" in text or "can't allocate memory" in text


def _first_guess(kind: Hashable, module: nn.Module, elements: int) -> int:
    parameter = next(module.parameters(), None)
    budget = _GPU_ELEMENTS if parameter is not None and parameter.device.type != "cpu" else _CPU_ELEMENTS
    return _fits.get(module, {}).get((kind, elements), max(1, budget // max(1, elements)))


def _joined(parts: list[Result]) -> Result:
    if len(parts) == 1:
        return parts[0]
    if isinstance(parts[0], Tensor):
        return torch.cat(parts)
    return cast(Result, tuple(torch.cat(column) for column in zip(*parts, strict=True)))
