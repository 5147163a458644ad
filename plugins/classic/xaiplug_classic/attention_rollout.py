"""Attention rollout (Abnar and Zuidema, 2020)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug.errors import ModelError
from xaiplug.model.passes import in_chunks
from xaiplug.model.tokens import Tokens


class AttentionRollout(Explainer):
    """What attention brings from each patch to the class token, through all blocks.

    Row 0 of A_L A_{L-1} ... A_1, A_l = (W_l + I) / 2. W_l (N,N) are the attention weights of block l, the mean over its
    heads; the identity stands for the residual connection. Rows sum to 1, so the attribution (B,T) of the patches sums
    to 1 less what is left in the prefix (class, distillation and register tokens). Without a class token it is the mean
    over all rows.

    The map is the same for every class: attention knows no target. One forward, no gradient. For vision transformers
    that xaiplug can take apart: timm, torchvision, Hugging Face (eager or SDPA), and modules with `patch_embed`,
    `pos_embed`, `cls_token`, `blocks`, `norm` and `head`.

    Raises:
        ModelError: another network, or a block whose attention is no softmax that can be seen.
    """

    reads_only = True
    signed = False
    asks_first = False

    def explain(self, query: Query) -> Explanation:
        tokens, inputs = transformer(query, "attention-rollout"), query.inputs
        patches = tokens.patches(inputs)
        with torch.no_grad():
            rows = in_chunks(
                lambda part: self._row(query, tokens, part),
                len(query),
                max(inputs[0].numel(), (tokens.prefix + patches.count) ** 2),
                query.max_batch,
                ("attention", query.model.module),
            )
        return on_patches(rows, tokens, inputs)

    @staticmethod
    def _row(query: Query, tokens: Tokens, part: slice) -> Tensor:
        """(R,N) of the samples `part`; what the network says of them is seen on the way."""
        weights, state = attentions(tokens, query.inputs[part], query.model.name)
        with query.naming(torch.arange(len(query))[part]):
            query.saw(part, tokens.head(state))
        return rollout(weights, tokens.prefix)


def on_patches(rows: Tensor, tokens: Tokens, inputs: Tensor) -> Explanation:
    """What rows (B,N) of all tokens say of the patches of images (B,C,H,W)."""
    patches = tokens.patches(inputs)
    labels = patches.labels.expand(len(inputs), *patches.labels.shape)
    counts = torch.full((len(inputs),), patches.count, device=inputs.device)
    return Explanation(rows[:, tokens.prefix :], "group", groups=FeatureGroups(labels, counts))


def transformer(query: Query, name: str) -> Tokens:
    """The model of a query, taken apart.

    Raises:
        ModelError: it is no vision transformer that xaiplug can take apart.
    """
    tokens = query.model.tokens
    if tokens is None or query.inputs.ndim != 4:
        raise ModelError(
            f"{name} reads the attention of vision transformers, and model '{query.model.name}' is none "
            "that xaiplug can take apart: timm, torchvision or Hugging Face (ViT, DeiT), or a module with "
            "patch_embed, pos_embed, cls_token, blocks, norm and head"
        )
    return tokens


def rollout(weights: list[Tensor], prefix: int) -> Tensor:
    """Row (B,N) of the class token in the product of (W_l + I) / 2, W_l (B,N,N), the first block's first.

    >>> swap, same = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]), torch.eye(2)[None]
    >>> rollout([same, swap], 1)
    tensor([[0.5000, 0.5000]])
    """
    count = weights[0].shape[1]
    row = weights[0].new_zeros(len(weights[0]), 1, count)
    row[:, :, : 1 if prefix else count] = 1 if prefix else 1 / count
    for weight in reversed(weights):
        row = (row + row @ weight) / 2
    return row.squeeze(1)


def attentions(tokens: Tokens, x: Tensor, name: str = "") -> tuple[list[Tensor], Tensor]:
    """Attention weights (B,N,N) of every block, the mean over heads; and the tokens (B,N,D) after the last.

    Raises:
        ModelError: a block in which not exactly one attention is seen.
    """
    found = []
    state = tokens.embed(x)
    for index in range(len(tokens.blocks)):
        with _Seen(state.shape[1]) as seen:
            state = tokens.run(state, index, index + 1)
        if len(seen.weights) != 1:
            raise ModelError(
                f"attention-rollout saw {len(seen.weights)} attentions in block {index} of model '{name}', and needs "
                "one; with Hugging Face use attn_implementation='eager' or 'sdpa'"
            )
        found.append(seen.weights[0].mean(1))
    return found, state


class _Seen(TorchFunctionMode):
    """Keeps the attention weights (B,heads,N,N) that torch computes, whichever way it does."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.weights: list[Tensor] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = dict(kwargs or {})
        if function is F.multi_head_attention_forward:
            output, weights = function(*args, **{**given, "need_weights": True, "average_attn_weights": False})
            self._keep(weights)
            return output, weights
        result = function(*args, **given)
        if function is F.scaled_dot_product_attention:
            self._keep(attention_weights(*args, **given))
        elif function in (torch.softmax, Tensor.softmax, F.softmax):
            self._keep(result)
        return result

    def _keep(self, weights: Tensor | None) -> None:
        if weights is not None and weights.ndim == 4 and tuple(weights.shape[2:]) == (self.count, self.count):
            self.weights.append(weights)


def attention_weights(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """The weights of `scaled_dot_product_attention`, whose arguments these are; transformers of images mask nothing."""
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    weights: Tensor = (query @ key.transpose(-2, -1) * scale).softmax(-1)
    return weights
