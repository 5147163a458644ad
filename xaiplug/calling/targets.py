"""Which class is explained: from a name, an index, or one of them per sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiplug.data.target import Target
from xaiplug.errors import ComponentError, ShapeError, did_you_mean
from xaiplug.model.adapter import Model


def target_index(target: Any, model: Model, inputs: Tensor) -> Tensor | None:
    """Class indices (B,) from a `Target`, or classes by index or name: one, or one per sample; None = predicted.

    Indices may be Python's, numpy's, or a tensor.

    Raises:
        ShapeError: not one per sample. ComponentError: an unknown class name.
    """
    batch, device = len(inputs), inputs.device
    match target:
        case None:
            return None
        case Target():
            index = target.index
        case Tensor():
            index = target.reshape(-1) if target.ndim == 0 else target
            if index.is_floating_point() or index.dtype == torch.bool:
                raise ShapeError(f"target must hold class indices, got {index.dtype}")
        case np.ndarray() | np.generic():
            numbers = target.dtype.kind in "iufb"
            return target_index(torch.as_tensor(np.asarray(target)) if numbers else target.tolist(), model, inputs)
        case str() | int():
            index = torch.tensor([_class_index(target, model)])
        case [*names]:
            index = torch.tensor([_class_index(name, model) for name in names])
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
