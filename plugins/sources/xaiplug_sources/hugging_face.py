"""`hf:google/vit-base-patch16-224`, or the folder of a model that was saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from xaiplug import Model, ModelSource
from xaiplug.errors import ModelError, Problem, UnavailableError
from xaiplug_sources.hub import quiet, reached, told_as
from xaiplug_sources.preparing import Prepared, prepared
from xaiplug_sources.prompted import Prompted

MISSING = "transformers is not installed; pip install xaiplug-sources[hf]"
OTHERS_CODE = "code of a hub is not run; load the network yourself, and name it module:attr"


class HuggingFace(ModelSource):
    """Image classifiers of Hugging Face, by their hub names or in folders; and CLIP and its kin, with `prompts`.

    Mean, std, order of channels and size are those of the image processor that comes with the weights, found by showing
    it plain colours; classes are the configuration's. What the machine has already is taken without asking the hub. No
    code of a hub is run.
    """

    open = True
    names = "folder"
    elsewhere = True
    example = "google/vit-base-patch16-224"

    weights: Literal["DEFAULT"] | None = "DEFAULT"
    """The saved weights, or none: untrained."""
    revision: str = "main"
    """A branch, tag or commit of the hub."""
    mean: tuple[float, ...] | None = None
    """Per channel, in place of the processor's."""
    std: tuple[float, ...] | None = None
    """Likewise."""
    output: Literal["softmax", "sigmoid"] | None = None
    """One class of K, or K heads of their own; None = as the configuration says."""
    prompts: tuple[str, ...] = ()
    """Texts that are the classes of a network which compares images with texts (CLIP, SigLIP)."""

    def load(self, name: str, **further: Any) -> Model:
        transformers = import_module("transformers")
        with quiet(transformers.utils), told_as(name, ModelError):
            config = self._reached(name, transformers.AutoConfig.from_pretrained)
            asked = self._prompted if hasattr(config, "text_config") else self._classifying
            network, names, several = asked(transformers, name, config, further)
            seen = self._seen(transformers.AutoImageProcessor, name)
        return Model(
            BlueFirst(network) if seen.blue_first else network,
            output=self.output or ("sigmoid" if several else "softmax"),
            mean=self.mean or seen.mean,
            std=self.std or seen.std,
            input_range=(0.0, 1.0),
            size=seen.size,
            class_names=names,
            name=Path(name).name,
        )

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        found = [] if find_spec("transformers") else [Problem(("use",), MISSING)]
        return [*found, *(Problem(("params", key), OTHERS_CODE) for key in further if key == "trust_remote_code")]

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        if not find_spec("transformers"):
            raise UnavailableError(MISSING)
        transformers = import_module("transformers")
        sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
        config = transformers.ViTConfig(**sizes, image_size=16, patch_size=8)
        with torch.random.fork_rng():
            torch.manual_seed(0)
            transformers.ViTForImageClassification(config).save_pretrained(folder)
        transformers.ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(folder)
        return str(folder), {}

    def _classifying(
        self, transformers: Any, name: str, config: Any, further: Mapping[str, Any]
    ) -> tuple[nn.Module, list[str] | None, bool]:
        """A network, the names of its classes, and whether they are K heads of their own."""
        if self.prompts:
            raise ModelError(f"hf:{name} has classes of its own and reads no texts; leave out prompts=")
        network = self._network(transformers.AutoModelForImageClassification, name, config, further)
        _forget_where(network)
        names = [str(config.id2label[index]) for index in sorted(config.id2label)]
        unnamed = names == [f"LABEL_{index}" for index in range(len(names))]
        return network, None if unnamed else names, config.problem_type == "multi_label_classification"

    def _prompted(
        self, transformers: Any, name: str, config: Any, further: Mapping[str, Any]
    ) -> tuple[nn.Module, list[str], bool]:
        """Likewise, of a network whose classes are prompts; SigLIP's answer each for itself."""
        if not self.prompts:
            raise ModelError(
                f"hf:{name} compares images with texts; give prompts=['a photo of a cat', ...], which are its classes"
            )
        network = self._network(transformers.AutoModelForZeroShotImageClassification, name, config, further)
        _forget_where(network)
        tokenizer = self._reached(name, transformers.AutoTokenizer.from_pretrained)
        return Prompted(network, tokenizer, self.prompts), list(self.prompts), hasattr(network, "logit_bias")

    def _reached(self, name: str, load: Any, **given: Any) -> Any:
        where = {"revision": self.revision, "trust_remote_code": False}
        return reached(name, self.revision, "model", lambda **at: load(name, **{**given, **where, **at}))

    def _network(self, auto: Any, name: str, config: Any, further: Mapping[str, Any]) -> Any:
        network: Any
        if "trust_remote_code" in further:
            raise ModelError(f"hf:{name}: {OTHERS_CODE}")
        if self.weights is None:
            network = auto.from_config(config, trust_remote_code=False, dtype=torch.float32, **further)
            return network.eval()
        given = {**further, "config": config, "dtype": torch.float32, "output_loading_info": True}
        network, told = self._reached(name, auto.from_pretrained, **given)
        missing = sorted([*told["missing_keys"], *(key for key, *_ in told["mismatched_keys"])])
        if missing:
            raise ModelError(
                f"hf:{name} has no weights for {', '.join(missing[:3])}, which would be drawn at random; name a "
                "network that was trained to classify"
            )
        return network.eval()

    def _seen(self, auto: Any, name: str) -> Prepared:
        try:
            processor = self._reached(name, auto.from_pretrained)
        except (ModelError, OSError, ValueError) as error:
            if self.mean is not None and self.std is not None:
                return Prepared(self.mean, self.std, blue_first=False, size=None)
            raise ModelError(
                f"hf:{name} comes without an image processor, so that nobody knows how it wants its pixels; give mean= "
                "and std="
            ) from error
        return prepared(processor, name)


def _forget_where(network: nn.Module) -> None:
    """Where a network was loaded from is no part of a cell's address: the same one in another folder has the same."""
    for module in network.modules():
        if hasattr(module, "name_or_path"):
            module.name_or_path = ""
            module.config.name_or_path = ""


class BlueFirst(nn.Module):
    """A network that wants blue, green, red, given red, green, blue."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.training = network.training

    def forward(self, x: Tensor) -> Any:
        return self.network(x.flip(1))
