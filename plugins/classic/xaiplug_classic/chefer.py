"""Generic attention-model explainability (Chefer, Gur and Wolf, ICCV 2021), for self-attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from xaiplug import Explainer, Explanation, Query
from xaiplug.errors import ModelError
from xaiplug.model.tokens import Tokens
from xaiplug_classic.attention_rollout import attention_weights, on_patches, transformer


class Chefer(Explainer):
    """Attention from each patch to the class token through all blocks, where it raises the score.

    Row 0 of R, where R = I at first and R ← R + Ā_l R, Ā_l = mean over heads of (∇A_l ⊙ A_l)⁺, block by block (Chefer,
    Gur and Wolf, ICCV 2021, eq. 5 and 6). A_l are the attention weights of block l, ∇A_l the gradient of the score by
    them. It is their method of gradients and attention alone, not the one of CVPR 2021, which goes through relevance.

    The result (B,T) is of the patches (without class, distillation and register tokens), >= 0, a strength. Without a
    class token it is the mean over all rows. One forward and one backward. For the vision transformers of
    `attention-rollout`, whatever computes their attention.

    Raises:
        ModelError: another network, or a block whose attention is no softmax that can be seen.
    """

    reads_only = True
    signed = False
    asks_first = False

    def explain(self, query: Query) -> Explanation:
        tokens = transformer(query, "chefer")
        rows = query.in_passes(lambda part: _row(query, tokens, part), len(query), "chefer")
        return on_patches(rows, tokens, query.inputs)


def _row(query: Query, tokens: Tokens, part: slice) -> Tensor:
    """(R,N) of the samples `part`."""
    with torch.enable_grad():
        state = tokens.embed(query.inputs[part].detach().requires_grad_())
        found = []
        for index in range(len(tokens.blocks)):
            state, weights = attended(tokens, state, index, f"chefer: model '{query.model.name}'")
            found.append(weights)
        with query.naming(torch.arange(len(query))[part]):
            logits = tokens.head(state)
            score = query.saw(part, logits).score(logits, output=query.model.output)
        slopes = torch.autograd.grad(score.sum(), [edge for _, edge in found])
    pairs = zip(found, slopes, strict=True)
    return relevance([(w * g.view_as(w)).clamp(min=0).mean(1) for (w, _), g in pairs], tokens.prefix)


def attended(tokens: Tokens, state: Tensor, index: int, who: str) -> tuple[Tensor, tuple[Tensor, GradientEdge]]:
    """Tokens (R,N,D) after a block, and its attention weights (R,heads,N,N), where gradients reach them.

    Raises:
        ModelError: a block in which not exactly one attention is seen.
    """
    with _Kept(state.shape[1]) as kept:
        state = tokens.run(state, index, index + 1)
    if len(kept.weights) != 1:
        raise ModelError(
            f"{who} shows {len(kept.weights)} attentions in block {index}, and one is needed; with Hugging Face use "
            "attn_implementation='eager' or 'sdpa'"
        )
    return state, kept.weights[0]


def relevance(passed: list[Tensor], prefix: int) -> Tensor:
    """Row (B,N) of the class token in the product of I + Ā_l, Ā_l (B,N,N), the first block's first.

    >>> relevance([torch.tensor([[[0.0, 2.0], [0.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])], 1)
    tensor([[2., 4.]])
    """
    count = passed[0].shape[1]
    row = passed[0].new_zeros(len(passed[0]), 1, count)
    row[:, :, : 1 if prefix else count] = 1 if prefix else 1 / count
    for weight in reversed(passed):
        row = row + row @ weight
    return row.squeeze(1)


class _Kept(TorchFunctionMode):
    """Keeps the attention weights of a block, as the block goes on with them: gradients reach them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count
        self.weights: list[tuple[Tensor, GradientEdge]] = []

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = dict(kwargs or {})
        if function is F.multi_head_attention_forward:
            output, weights = function(*args, **{**given, "need_weights": True, "average_attn_weights": False})
            self._keep(weights, GradientEdge(*weights.grad_fn.next_functions[0]))  # it returns a view of what it uses
            return output, weights
        if function is F.scaled_dot_product_attention:
            weights = attention_weights(*args, **given)
            self._keep(weights)
            return weights @ (args[2] if len(args) > 2 else given["value"])
        result = function(*args, **given)
        if function in (torch.softmax, Tensor.softmax, F.softmax):
            self._keep(result)
        return result

    def _keep(self, weights: Tensor, edge: GradientEdge | None = None) -> None:
        if weights.ndim == 4 and tuple(weights.shape[2:]) == (self.count, self.count):
            self.weights.append((weights.detach(), edge or get_gradient_edge(weights)))
