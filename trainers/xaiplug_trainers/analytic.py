"""The SET-SUM game solved by hand: v(S) = the sum of the different digits in S, for grids of digits (N,n).

Write M for the players that hold the same digit d. The game is a sum, over digits, of d times "at least one of M is
there", so every value has a closed form. Digits are int64 (N,n); results are float64. Test: brute force over all 2^n
coalitions. Source of the game: MoXI (Sumiyasu et al., 2024).
"""

from itertools import combinations
from math import comb
from typing import Literal

import torch
from torch import Tensor

__all__ = ["brute_force_interactions", "brute_force_shapley", "coalitions", "game_values", "interactions", "shapley"]


def game_values(digits: Tensor, coalition: Tensor) -> Tensor:
    """v(S): (N,n) digits and (N,n) or (n,) bool -> (N,), the sum of the different digits among the members.

    >>> game_values(torch.tensor([[2, 2, 1]]), torch.tensor([True, True, False]))
    tensor([2.], dtype=torch.float64)
    """
    members = coalition.broadcast_to(digits.shape)
    present = (digits[..., None] == torch.arange(10)) & members[..., None]
    return present.any(-2).double() @ torch.arange(10, dtype=torch.float64)


def shapley(digits: Tensor) -> Tensor:
    """Shapley values (N,n): each digit is shared equally by the players that hold it, d / |M|.

    >>> shapley(torch.tensor([[5, 5, 3, 1]]))
    tensor([[2.5000, 2.5000, 3.0000, 1.0000]], dtype=torch.float64)
    """
    return digits.double() / _same(digits).sum(-1)


def interactions(digits: Tensor, context: Literal["empty", "shapley", "rest"] = "shapley") -> Tensor:
    """Pairwise interactions (N,n,n), zero on the diagonal: v(S+ij) - v(S+i) - v(S+j) + v(S).

    `context` says which S: `empty` (self-context of MoXI), `rest` (all others), or `shapley`, the Shapley interaction
    index (Grabisch and Roubens, 1999), an average over all S. Two players with the same digit d interact by -d as long
    as no third holder is in S; averaged, that is -d / (|M| - 1). Different digits do not interact.
    """
    same = _same(digits) & ~torch.eye(digits.shape[-1], dtype=torch.bool)
    others = same.sum(-1, keepdim=True)  # |M| - 1 for each player
    if context == "empty":
        weight = torch.ones_like(others, dtype=torch.float64)
    elif context == "rest":
        weight = (others == 1).double()
    else:
        weight = 1 / others.clamp(min=1).double()
    return -(same * digits[..., None] * weight)


def coalitions(players: int) -> Tensor:
    """All coalitions (2^n,n) bool; row r has player i if bit i of r is set."""
    return (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1


def brute_force_shapley(values: Tensor) -> Tensor:
    """Shapley values (...,n) of games (...,2^n), the values in the order of `coalitions`."""
    players = values.shape[-1].bit_length() - 1
    members = coalitions(players)
    result = torch.zeros(*values.shape[:-1], players, dtype=torch.float64)
    for player in range(players):
        without = torch.nonzero(~members[:, player]).flatten()
        sizes = members[without].sum(1).tolist()
        weights = torch.tensor([1 / (players * comb(players - 1, size)) for size in sizes], dtype=torch.float64)
        gain = values[..., without + (1 << player)] - values[..., without]
        result[..., player] = gain.double() @ weights
    return result


def brute_force_interactions(values: Tensor) -> Tensor:
    """Shapley interaction index (...,n,n) of games (...,2^n), zero on the diagonal."""
    players = values.shape[-1].bit_length() - 1
    members = coalitions(players)
    result = torch.zeros(*values.shape[:-1], players, players, dtype=torch.float64)
    for i, j in combinations(range(players), 2):
        without = torch.nonzero(~members[:, i] & ~members[:, j]).flatten()
        sizes = members[without].sum(1).tolist()
        weights = [1 / ((players - 1) * comb(players - 2, size)) for size in sizes]
        one, other = 1 << i, 1 << j
        joint = values[..., without + one + other] - values[..., without + one] - values[..., without + other]
        pair = (joint + values[..., without]).double() @ torch.tensor(weights, dtype=torch.float64)
        result[..., i, j] = result[..., j, i] = pair
    return result


def _same(digits: Tensor) -> Tensor:
    """(N,n,n): whether two players hold the same digit."""
    return digits[..., :, None] == digits[..., None, :]
