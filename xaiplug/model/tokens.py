"""Vision transformers taken apart: embed, blocks, head. What token removal, attention masks and rollout stand on.

Known by their shape, not by their library (nothing is imported): timm ViT and DeiT (also distilled), torchvision
`VisionTransformer`, Hugging Face ViT and DeiT (also with teacher), and any module with `patch_embed`, `pos_embed`,
`cls_token`, `blocks`, `norm` and `head`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.model.adapted import Adapted
from xaiplug.model.compiled import is_script
from xaiplug.model.patches import Patches, patches_of


@dataclass(frozen=True, eq=False)
class Tokens:
    """A transformer in pieces; `head(run(embed(x)))` equals the model.

    Args:
        embed: pixels (B,C,H,W) -> tokens (B, prefix + h*w, D) with positions added.
        blocks: modules (B,N,D) -> (B,N,D), for any N.
        head: tokens (B,N,D) after the last block -> logits (B,K).
        prefix: class, distillation and register tokens in front.
        origin: the network.
    """

    embed: Callable[[Tensor], Tensor]
    blocks: Sequence[nn.Module]
    head: Callable[[Tensor], Tensor]
    prefix: int
    origin: nn.Module

    def run(self, tokens: Tensor, first: int = 0, last: int | None = None) -> Tensor:
        """Blocks `first` to `last` (not included; default all) in order."""
        for block in self.blocks[first:last]:
            output = block(tokens)
            tokens = output[0] if isinstance(output, tuple) else output
        return tokens

    def patches(self, inputs: Tensor) -> Patches:
        """Where the patches of images like inputs (B,C,H,W) lie: five embeddings, once for every size.

        Raises:
            ModelError: their rows and columns cannot be found.
        """
        known, size = _found.setdefault(self.origin, {}), tuple(inputs.shape[1:])
        if size not in known:
            known[size] = patches_of(self.embed, inputs[:1], self.prefix)
        return known[size]


GIVEN = "_xaiplug_given"
"""Where a network holds the arguments that it is told beside its input."""

_found: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], Patches]] = WeakKeyDictionary()


def tokens_of(model: Adapted) -> Tokens | None:
    """The token protocol of the model's network, or None."""
    network: Any = model.network
    if is_script(network) or hasattr(network, GIVEN):  # what is taken apart is not told further arguments
        return None
    for known, take_apart in (
        (_is_timm, _timm),
        (_is_torchvision, _torchvision),
        (_is_hugging_face, _hugging_face),
        (_is_plain, _plain),
    ):
        if known(network):
            return _of_pixels(take_apart(network), model.module)
    return None


def _of_pixels(apart: Tokens, pixels: Any) -> Tokens:
    """With the adapter's own first and last steps: normalisation, what is read, the logits that its meter counts."""
    normalise = getattr(pixels, "normalise", None)
    embed = apart.embed if normalise is None else (lambda x: apart.embed(normalise(x)))
    reads = getattr(pixels, "reads", lambda output: output)
    return replace(apart, embed=embed, head=lambda tokens: _as_wide(pixels.logits(reads(apart.head(tokens))), tokens))


def _as_wide(logits: Tensor, tokens: Tensor) -> Tensor:
    return logits.to(torch.promote_types(tokens.dtype, torch.float32))


def _is_timm(network: Any) -> bool:
    """Rotary positions (`rope`, in EVA and its kin) are added in the blocks, by place: they are not for us."""
    parts = ("patch_embed", "_pos_embed", "norm_pre", "blocks", "norm", "forward_head", "num_prefix_tokens")
    return all(hasattr(network, name) for name in parts) and not hasattr(network, "rope")


def _timm(network: Any) -> Tokens:
    def embed(x: Tensor) -> Tensor:
        tokens: Tensor = network.norm_pre(network._pos_embed(network.patch_embed(x)))
        return tokens

    def head(tokens: Tensor) -> Tensor:
        logits: Tensor = network.forward_head(network.norm(tokens))
        return logits

    return Tokens(embed, list(network.blocks), head, network.num_prefix_tokens, network)


def _is_torchvision(network: Any) -> bool:
    return all(hasattr(network, name) for name in ("_process_input", "class_token", "encoder", "heads", "image_size"))


def _torchvision(network: Any) -> Tokens:
    def embed(x: Tensor) -> Tensor:
        patches = network._process_input(x)
        tokens = torch.cat([network.class_token.expand(len(x), -1, -1), patches], dim=1)
        positioned: Tensor = network.encoder.dropout(tokens + network.encoder.pos_embedding)
        return positioned

    def head(tokens: Tensor) -> Tensor:
        logits: Tensor = network.heads(network.encoder.ln(tokens)[:, 0])
        return logits

    return Tokens(embed, list(network.encoder.layers), head, 1, network)


def _is_hugging_face(network: Any) -> bool:
    body = getattr(network, "vit", None) or getattr(network, "deit", None)
    return body is not None and hasattr(body, "embeddings") and hasattr(body, "layernorm")


def _hugging_face(network: Any) -> Tokens:
    body = getattr(network, "vit", None) or network.deit
    blocks = list(body.layers if hasattr(body, "layers") else body.encoder.layer)
    prefix = 2 if getattr(body.embeddings, "distillation_token", None) is not None else 1

    def embed(x: Tensor) -> Tensor:
        tokens: Tensor = body.embeddings(x)
        return tokens

    def head(tokens: Tensor) -> Tensor:
        last = body.layernorm(tokens)
        if hasattr(network, "distillation_classifier"):
            both: Tensor = (network.cls_classifier(last[:, 0]) + network.distillation_classifier(last[:, 1])) / 2
            return both
        logits: Tensor = network.classifier(last[:, 0])
        return logits

    return Tokens(embed, blocks, head, prefix, network)


def _is_plain(network: Any) -> bool:
    """Not timm's other transformers, which have these parts and others."""
    parts = ("patch_embed", "pos_embed", "cls_token", "blocks", "norm", "head")
    return all(hasattr(network, name) for name in parts) and not hasattr(network, "pretrained_cfg")


def _plain(network: Any) -> Tokens:
    def embed(x: Tensor) -> Tensor:
        patches = network.patch_embed(x)
        if patches.ndim == 4:
            patches = patches.flatten(2).transpose(1, 2)
        tokens: Tensor = torch.cat([network.cls_token.expand(len(x), -1, -1), patches], dim=1) + network.pos_embed
        return tokens

    def head(tokens: Tensor) -> Tensor:
        logits: Tensor = network.head(network.norm(tokens)[:, 0])
        return logits

    return Tokens(embed, list(network.blocks), head, 1, network)
