"""Baselines and reference policies: a query to inputs that stand for absence, or for other classes."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from xaiplug.errors import NonFiniteError, ShapeError
from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug.model.query import Query


class Baseline(Component):
    """Builds reference inputs that stand for absence, or samples of other classes."""

    kind = "baseline"

    @abstractmethod
    def build(self, query: Query) -> Tensor:
        """Return (n,B,*shape) in pixel space, the dtype and device of `query.inputs`."""

    def read(self, built: Tensor, query: Query) -> Tensor:
        """What `build` gave, checked, in the dtype and on the device of the inputs.

        Raises:
            ShapeError: not (n,B,*shape). NonFiniteError: NaN or infinity.
        """
        inputs = query.inputs
        if built.ndim != inputs.ndim + 1 or built.shape[1:] != inputs.shape:
            raise ShapeError(f"{self.told} built {tuple(built.shape)}, expected (n,{','.join(map(str, inputs.shape))})")
        if not bool(built.isfinite().all()):
            raise NonFiniteError(f"{self.told} built NaN or infinity")
        return built.to(inputs)
