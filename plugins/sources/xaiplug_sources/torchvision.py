"""`torchvision:resnet50`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug_sources.library import Library, load_weights


class Torchvision(Library):
    """Networks of torchvision, with published weights, normalisation and class names."""

    library = "torchvision"
    example = "resnet50"
    smallest = "squeezenet1_1"

    def load(self, name: str, **further: Any) -> Model:
        models = import_module("torchvision.models")
        try:
            published = None if self.weights is None or self.own_file else models.get_model_weights(name)[self.weights]
            network: nn.Module = models.get_model(name, weights=published, **further)
        except (ValueError, KeyError, OSError) as error:
            raise ModelError(
                f"torchvision:{name}: {error}; give weights=None, or the path of a .safetensors file"
            ) from error
        if self.own_file:
            load_weights(network, self.own_file)
        preprocessing = published.transforms() if published is not None else None
        return Model(
            network.eval(),
            output=self.output,
            mean=self.mean or (None if preprocessing is None else preprocessing.mean),
            std=self.std or (None if preprocessing is None else preprocessing.std),
            input_range=(0.0, 1.0),
            class_names=None if published is None else published.meta.get("categories"),
            name=name,
        )
