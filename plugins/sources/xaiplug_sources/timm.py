"""`timm:vit_tiny_patch16_224`."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from torch import nn

from xaiplug import Model
from xaiplug.errors import ModelError, one_line
from xaiplug_sources.library import Library, load_weights


class Timm(Library):
    """Networks of timm, with published weights, normalisation, size and class names."""

    library = "timm"
    example = "vit_tiny_patch16_224"
    smallest = "mobilenetv3_small_050"

    def load(self, name: str, **further: Any) -> Model:
        timm = import_module("timm")
        try:
            network: nn.Module = timm.create_model(name, pretrained=self.weights == "DEFAULT", **further)
        except Exception as error:
            raise ModelError(
                f"timm:{name}: {one_line(error)}; give weights=None, or the path of a .safetensors file"
            ) from error
        if not network.num_classes:
            raise ModelError(
                f"timm:{name} was published without a classifier; give num_classes= and weights of your own"
            )
        config = timm.data.resolve_model_data_config(network)
        if self.own_file:
            load_weights(network, self.own_file)
            self.told_of_normalisation(name, config["mean"], config["std"])
        return Model(
            network.eval(),
            output=self.output,
            mean=self.mean or config["mean"],
            std=self.std or config["std"],
            input_range=(0.0, 1.0),
            size=config["input_size"][1:],
            class_names=_names(timm, network) if self.weights == "DEFAULT" else None,
            name=name,
        )


def _names(timm: Any, network: Any) -> Sequence[str] | None:
    """Those published with the weights; None where there are none, or the classifier is another."""
    if network.num_classes != network.pretrained_cfg["num_classes"]:
        return None
    if network.pretrained_cfg.get("label_names"):
        names: Sequence[str] = network.pretrained_cfg["label_names"]
        return names
    subset = timm.data.infer_imagenet_subset(network)
    return timm.data.ImageNetInfo(subset).label_descriptions() if subset else None
