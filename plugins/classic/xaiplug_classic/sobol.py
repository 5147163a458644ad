"""Total Sobol indices (Fel, Cadène, Chalvidal, Cord, Vigouroux and Serre, 2021)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query
from xaiplug_classic.coalitions import all_worths, uniform_per_group

_HELD = 2**27
"""Entries of coalitions held at once."""


class Sobol(Explainer):
    """Share of the score's variance, over random masks, that would go if a group were known: alone or with others.

    S_i = E[Var(v(M) | M_j, j ≠ i)] / Var(v(M)), M_j independent, a group there or not with probability 1/2 (Fel et al.,
    2021, whose masks take any value between: here a group is removed as the imputer does it).

    Estimated as by Jansen, by what changes when group i alone is turned over: E[(v(M) - v(M^i))²] / 4 is the numerator.
    Where all 2^n coalitions cost no more than the draws, they are taken instead and S is exact. An additive game has
    w_i² / Σ_j w_j²; what groups do together counts for each of them, so that the sum is 1 or more.

    The result (B,G) has no unit and no sign: a strength. 0 for all groups where the score does not vary.
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("dummy", "implementation-invariance")
    signed = False

    samples: Annotated[int, Ge(2)] = 32
    """Random masks; each costs one forward, and one more a group."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        counts = game.groups.counts.tolist()
        attribution = query.inputs.new_full((len(query), game.groups.count), torch.nan)
        drawn = [b for b, n in enumerate(counts) if 2**n > self.samples * (n + 1)]
        for b in set(range(len(query))) - set(drawn):
            attribution[b, : counts[b]] = sobol_of(all_worths(game, b, counts[b])).to(attribution)
        if drawn:
            rows = torch.tensor(drawn, device=query.inputs.device)
            attribution[rows] = self._sampled(query, game, rows).to(attribution)
        return Explanation(attribution, "group")

    def _sampled(self, query: Query, game: MaskedGame, rows: Tensor) -> Tensor:
        """Indices (R,G) of some samples."""
        players = game.groups.players[rows]
        masks = (uniform_per_group(query, self.samples, game.groups.count)[rows] < 0.5) & players[:, None]
        block = max(1, _HELD // (len(rows) * players.shape[1] ** 2))
        found = [_turned(game, rows, part) for part in masks.split(block, dim=1)]
        values, squares = (torch.cat(parts, 1) for parts in zip(*found, strict=True))
        return _share(squares.mean(1) / 4, values, values.var(1)).masked_fill(~players, torch.nan)


def sobol_of(worths: Tensor) -> Tensor:
    """Total indices (n,) of a game that is known whole (2^n,), by definition.

    >>> sobol_of(torch.tensor([0.0, 0, 0, 1]))
    tensor([0.6667, 0.6667])
    """
    codes = torch.arange(len(worths), device=worths.device)
    players = len(worths).bit_length() - 1
    parts = [(worths - worths[codes ^ 1 << i]).square().mean() / 4 for i in range(players)]
    numerator = torch.stack(parts) if parts else worths.new_zeros(0)
    return _share(numerator[None], worths[None], worths.var(correction=0)[None])[0]


def _turned(game: MaskedGame, rows: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (R,N) of masks (R,N,G), and the squares (R,N,G) of how each changes when a group is turned over."""
    one = torch.eye(masks.shape[2], dtype=torch.bool, device=masks.device)
    whole = torch.cat([masks[:, :, None], masks[:, :, None] ^ one], 2)
    index = rows.view(-1, 1, 1).expand(whole.shape[:3]).reshape(-1)
    scores = game.evaluate(index, whole.flatten(0, 2)).view(whole.shape[:3])
    return scores[:, :, 0], (scores[:, :, 1:] - scores[:, :, :1]).square()


def _share(numerator: Tensor, values: Tensor, variance: Tensor) -> Tensor:
    """Numerators (R,G) by the variance (R,) of values (R,N); 0 where that is only rounding."""
    rounding = (8 * torch.finfo(values.dtype).eps * values.abs().amax(1)).square()
    moves = (variance > rounding)[:, None]
    return torch.where(moves, numerator / variance[:, None], 0)
