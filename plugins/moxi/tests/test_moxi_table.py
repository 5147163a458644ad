"""SET-SUM worked out by hand (MoXI, Sec. 4.1): f(S) = the sum of the different values in S. Ties go to the lowest."""

import pytest
import torch
from torch import nn

import xaiplug


class DistinctSum(nn.Module):
    """(B,*shape) of whole numbers -> (B,), the sum of the different ones."""

    def forward(self, x):
        ordered = x.flatten(1).sort(1).values
        new = torch.cat([torch.ones_like(ordered[:, :1]), ordered.diff(dim=1)], 1) != 0
        return (ordered * new).sum(1)


# values; exact Shapley; self-context φ; insertion order and trace; order and trace by φ; by Shapley; deletion
TABLE = [
    ((2, 2, 1), (1, 1, 1), (2, 2, 1), (0, 2, 1), (2, 3, 3), (0, 1, 2), (2, 2, 3), (0, 1, 2), (2, 0, 1), (2, 2, 0)),
    (
        (5, 5, 3, 1),
        (2.5, 2.5, 3, 1),
        (5, 5, 3, 1),
        (0, 2, 3, 1),
        (5, 8, 9, 9),
        (0, 1, 2, 3),
        (5, 5, 8, 9),
        (2, 0, 1, 3),
        (2, 3, 0, 1),
        (6, 5, 5, 0),
    ),
    (
        (9, 9, 4, 4),
        (4.5, 4.5, 2, 2),
        (9, 9, 4, 4),
        (0, 2, 1, 3),
        (9, 13, 13, 13),
        (0, 1, 2, 3),
        (9, 9, 13, 13),
        (0, 1, 2, 3),
        (0, 1, 2, 3),
        (13, 4, 4, 0),
    ),
    (
        (7, 7, 7, 2),
        (7 / 3, 7 / 3, 7 / 3, 2),
        (7, 7, 7, 2),
        (0, 3, 1, 2),
        (7, 9, 9, 9),
        (0, 1, 2, 3),
        (7, 7, 7, 9),
        (0, 1, 2, 3),
        (3, 0, 1, 2),
        (7, 7, 7, 0),
    ),
]
COLUMNS = ["values", "shapley", "phi", "inserted", "gained", "by_phi", "phi_gained", "by_shapley", "deleted", "left"]


def rows(values):
    return torch.tensor([values], dtype=torch.float64), {}


def picture(values):
    """One pixel a player."""
    return torch.tensor(values, dtype=torch.float64).view(1, 1, 1, -1), {"segmenter": ("grid", {"patch": 1})}


def explained(make, values, explainer="moxi", **params):
    x, given = make(values)
    return xaiplug.explain(DistinctSum(), x, explainer, baseline="black", **given, **params)


@pytest.mark.parametrize("make", [rows, picture])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: str(row[0]))
def test_the_table(make, row):
    known = dict(zip(COLUMNS, row, strict=True))
    inserted = explained(make, known["values"])
    assert inserted.order[0].tolist() == list(known["inserted"])
    assert inserted.extras["reward"][0].tolist() == [0, *known["gained"]]
    deleted = explained(make, known["values"], mode="deletion")
    assert deleted.order[0].tolist() == list(known["deleted"])
    assert deleted.extras["reward"][0].tolist() == [inserted.score[0], *known["left"]]
    single = explained(make, known["values"], "moxi-single")
    assert single.attribution[0].tolist() == list(known["phi"])
    assert single.order[0].tolist() == list(known["by_phi"])
    assert prefix_scores(known["values"], known["by_phi"]) == list(known["phi_gained"])
    assert shapley(known["values"]) == pytest.approx(known["shapley"])
    rounded = torch.tensor(shapley(known["values"])).round(decimals=6)  # 7/3 is not exact
    assert rounded.argsort(descending=True, stable=True).tolist() == list(known["by_shapley"])


def test_self_context_full_context_and_interactions_of_2_2_1():
    inserted = explained(rows, (2, 2, 1))
    assert inserted.extras["phi"][0].tolist() == [2, 1, 2]
    assert inserted.extras["interaction"][0].tolist() == [0, 0, -2]  # I(0,2) = 0; {0,2} and 1: 3 - 3 - 2 + 0
    deleted = explained(rows, (2, 2, 1), "moxi-single", mode="deletion")
    torch.testing.assert_close(deleted.attribution, torch.tensor([[0, 0, 1 / 3]], dtype=torch.float64))
    terms = explained(rows, (2, 2), mode="deletion").extras  # I_d(0,1) = [2 - 2 - 2 + 0] / 1
    assert terms["interaction"][0].tolist() == [0, -2]


def test_greedy_deletion_is_not_optimal():
    """Of 2,2,1 the best pair to remove is {0,1}, which leaves 1; greedily 2 is left."""
    assert explained(rows, (2, 2, 1), mode="deletion").extras["reward"][0, 2] == 2
    assert DistinctSum()(torch.tensor([[0.0, 0, 1]])) == 1


def prefix_scores(values, order):
    kept = torch.zeros(1, len(values), dtype=torch.float64)
    scores = []
    for player in order:
        kept[0, player] = values[player]
        scores.append(DistinctSum()(kept).item())
    return scores


def shapley(values):
    """Equal values share alike."""
    return [value / values.count(value) for value in values]
