"""Model sources: a reference `scheme:name` to a model. `xaiplug.load_model` and `models:` of a run file ask them."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from xaiplug.errors import ModelError
from xaiplug.kinds.source import Source

if TYPE_CHECKING:
    from torch import nn

    from xaiplug.model.adapter import Model


class ModelSource(Source):
    """Finds or makes models by name."""

    kind = "model-source"

    @abstractmethod
    def load(self, name: str, **further: Any) -> Model | nn.Module:
        """The model called `name`, what follows the scheme; a `Model` where normalisation or classes are known.

        Raises:
            ModelError: no such model. DataError: a file that is missing or not what it says.
        """

    def read(self, loaded: Model | nn.Module, name: str) -> Model:
        """What `load` gave, as a `Model`.

        Raises:
            ModelError: it is none.
        """
        from torch import nn

        from xaiplug.model.adapter import Model

        if not isinstance(loaded, Model | nn.Module):
            got = f"{self.told}: '{name}' gave {type(loaded).__name__}"
            raise ModelError(f"{got}; expected a torch.nn.Module or xaiplug.Model")
        return Model.of(loaded)
