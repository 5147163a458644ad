"""`torchvision:resnet50`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from xaiplug import Model
from xaiplug.errors import ModelError, one_line
from xaiplug_sources.library import Library, load_weights


class Torchvision(Library):
    """Networks of torchvision, with published weights, normalisation, size and class names."""

    library = "torchvision"
    example = "resnet50"
    smallest = "squeezenet1_1"

    def load(self, name: str, **further: Any) -> Model:
        models = import_module("torchvision.models")
        try:
            known = models.get_model_weights(name)
            published = None if self.weights is None or self.own_file else known[self.weights]
            network: nn.Module = models.get_model(name, weights=published, **further)
        except Exception as error:
            raise ModelError(
                f"torchvision:{name}: {one_line(error)}; give weights=None, or the path of a .safetensors file"
            ) from error
        usual = known["DEFAULT"].transforms()
        if not hasattr(usual, "crop_size"):
            raise ModelError(f"torchvision:{name} does not classify images; load it yourself and name it module:attr")
        if self.own_file:
            load_weights(network, self.own_file)
            self.told_of_normalisation(name, usual.mean, usual.std)
        seen = published.transforms() if published else usual if self.own_file else None
        return Model(
            network.eval(),
            output=self.output,
            mean=self.mean or (None if seen is None else seen.mean),
            std=self.std or (None if seen is None else seen.std),
            size=None if seen is None else (seen.crop_size[0], seen.crop_size[-1]),
            input_range=(0.0, 1.0),
            class_names=None if published is None else published.meta.get("categories"),
            name=name,
        )
