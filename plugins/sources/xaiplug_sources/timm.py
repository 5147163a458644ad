"""`timm:vit_tiny_patch16_224`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from torch import nn

from xaiplug import Model
from xaiplug.errors import ModelError
from xaiplug_sources.library import Library, load_weights


class Timm(Library):
    """Networks of timm, with published weights and normalisation."""

    library = "timm"
    example = "vit_tiny_patch16_224"
    smallest = "mobilenetv3_small_050"

    def load(self, name: str, **further: Any) -> Model:
        timm = import_module("timm")
        try:
            network: nn.Module = timm.create_model(name, pretrained=self.weights == "DEFAULT", **further)
        except Exception as error:
            raise ModelError(f"timm:{name}: {error}; give weights=None, or the path of a .safetensors file") from error
        if self.own_file:
            load_weights(network, self.own_file)
        config = timm.data.resolve_model_data_config(network)
        mean, std = self.mean or config["mean"], self.std or config["std"]
        return Model(network.eval(), output=self.output, mean=mean, std=std, input_range=(0.0, 1.0), name=name)
