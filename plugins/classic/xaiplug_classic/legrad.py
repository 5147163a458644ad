"""LeGrad (Bousselham, Boggust, Chaybouti, Strobelt and Kuehne, ICCV 2025)."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug.model.tokens import Tokens
from xaiplug_classic.attention_rollout import on_patches, transformer
from xaiplug_classic.chefer import attended


class LeGrad(Explainer):
    """How much more attention to each patch would raise the score, in every block, as read after that block.

    E = 1/L Σ_l E_l, E_l[j] = 1/(h N) Σ over heads and tokens i of (∂s_l / ∂A_l[i,j])⁺ (Bousselham et al., arXiv
    2404.03214, Sec. 3). A_l are the attention weights of block l, and s_l the score that the network's head gives the
    tokens right after that block. The weights themselves do not enter: an attention of 0 counts, if more of it would
    raise the score.

    The result (B,T) is of the patches, >= 0, a strength; the paper scales each map to [0,1], which is left to the eye.
    A head and a backward for each block. For the vision transformers of `attention-rollout`, whatever computes their
    attention and whatever their head pools.

    Raises:
        ModelError: another network, or a block whose attention is no softmax that can be seen.
    """

    reads_only = True
    signed = False
    asks_first = False

    def explain(self, query: Query) -> Explanation:
        tokens = transformer(query, "legrad")
        rows = query.in_passes(lambda part: _row(query, tokens, part), len(query), "legrad")
        return on_patches(rows, tokens, query.inputs)


def _row(query: Query, tokens: Tokens, part: slice) -> Tensor:
    """(R,N) of the samples `part`. No gradient leaves its block, so that the graphs are those of one block each."""
    with torch.no_grad():
        state = tokens.embed(query.inputs[part])
    with torch.enable_grad():
        blocks = []
        for index in range(len(tokens.blocks)):
            state, found = attended(
                tokens, state.detach().requires_grad_(), index, f"legrad: model '{query.model.name}'"
            )
            blocks.append((state, *found))
        with query.naming(torch.arange(len(query))[part]):
            last = tokens.head(state)
            target = query.saw(part, last)
            total = torch.zeros_like(state[:, :, 0])
            for place, (after, weights, edge) in enumerate(blocks, 1):
                logits = last if place == len(blocks) else tokens.head(after)
                score = target.score(logits, output=query.model.output)
                (slope,) = torch.autograd.grad(score.sum(), [edge])
                total += slope.view_as(weights).clamp(min=0).mean((1, 2))
    return (total / len(blocks)).detach()
