"""Networks that compare an image with texts (CLIP, SigLIP), as classifiers whose classes are prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError

ROUNDING = 1e-3
"""How far logits may be from those that the network itself gives for image and texts together."""


class Prompted(nn.Module):
    """How well an image goes with each of P texts: logits (B,P), as the network's own `logits_per_image`.

    The texts are read once; a forward is one of the image tower.

    Args:
        network: of transformers, with `get_image_features` and `get_text_features`.
        tokenizer: that came with it.
        prompts: P texts, told apart by the network.

    Raises:
        ModelError: fewer than two texts, one that is too long, or logits other than the network's own.
    """

    def __init__(self, network: Any, tokenizer: Any, prompts: Sequence[str]) -> None:
        super().__init__()
        self.network, self.prompts = network, tuple(prompts)
        if len({*prompts}) < max(2, len(prompts)):
            raise ModelError(f"prompts={list(prompts)}: give two or more, all of them different")
        longest = int(network.config.text_config.max_position_embeddings)
        if long := [text for text in prompts if len(tokenizer(text)["input_ids"]) > longest]:
            raise ModelError(f"prompt {long[0]!r:.80} has more than the {longest} tokens that the network reads")
        tokens = tokenizer(list(prompts), padding="max_length", max_length=longest, return_tensors="pt")
        side = int(network.config.vision_config.image_size)
        probe = torch.linspace(-1, 1, 3 * side * side).view(1, 3, side, side)
        with torch.no_grad():
            self.register_buffer("texts", _unit(network.get_text_features(**tokens)))
            own = network(pixel_values=probe, **tokens).logits_per_image
            apart = float((self(probe) - own).abs().max())
        if not apart <= ROUNDING * max(1.0, float(own.abs().max())):
            raise ModelError(
                f"{type(network).__name__} does not compare images and texts as CLIP does ({apart:.2g} off)"
            )

    def forward(self, x: Tensor) -> Tensor:
        images = _unit(self.network.get_image_features(pixel_values=x))
        logits: Tensor = images @ self.texts.T * self.network.logit_scale.exp()  # type: ignore[operator]
        bias = getattr(self.network, "logit_bias", None)
        return logits if bias is None else logits + bias


def _unit(features: Any) -> Tensor:
    """Features (N,D) of length 1; newer transformers wrap them."""
    found: Tensor = getattr(features, "pooler_output", features)
    return found / found.norm(dim=-1, keepdim=True)
