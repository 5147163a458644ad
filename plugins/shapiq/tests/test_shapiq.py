"""shapiq's approximators on masked games: exact where the budget holds all coalitions, the kit, sets of groups."""

from itertools import combinations

import numpy as np
import pytest
import shapiq
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug.testing import explainer_checks
from xaiplug_shapiq.game import GameOfGroups
from xaiplug_shapiq.names import NAMES

SPARSE = {"spex", "proxy-spex"}
KIT = ["kernel-shap", "kernel-shap-iq", "permutation-sampling-stii", "svarm"]
"""One of each family: all have the same adapter."""


@pytest.mark.parametrize("check", explainer_checks([(f"shapiq-{name}", {"budget": 64}) for name in KIT]))
def test_conformance(check):
    check()


class Pairs(nn.Module):
    """v(S) of four quarters of a row: what each is worth alone, and 0 and 1 together 2 more."""

    def forward(self, x):
        on = x.unflatten(1, (4, 2)).mean(2)
        return (on @ on.new_tensor([1.0, 2.0, 3.0, -1.0]) + 2 * on[:, 0] * on[:, 1])[:, None]


X, LABELS = torch.ones(2, 8, dtype=torch.float64), (torch.arange(8) // 2)[None].expand(2, 8)
ALONE = torch.tensor([1.0, 2, 3, -1], dtype=torch.float64)


def ask(name, **params):
    return xaiplug.explain(Pairs(), X, f"shapiq-{name}", baseline=torch.zeros(8), segmenter=LABELS, budget=16, **params)


def test_shapley_values_are_exact_where_all_coalitions_are_asked():
    ex = ask("kernel-shap")
    want = ALONE + torch.tensor([1.0, 1, 0, 0])
    torch.testing.assert_close(ex.attribution, want.expand(2, 4), rtol=0, atol=1e-6)
    assert ex.residual.abs().max() < 1e-6
    ours = xaiplug.explain(Pairs(), X, "shapley-sampling", baseline=torch.zeros(8), segmenter=LABELS)
    torch.testing.assert_close(ex.attribution, ours.attribution, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["kernel-shap-iq", "regression-fsii", "shap-iq", "svarm-iq"])
def test_the_pair_that_interacts_is_the_first_set(name):
    ex = ask(name)
    assert ex.sets.kind == "interaction"
    assert ex.sets.members[0, 0].tolist() == [True, True, False, False]
    assert ex.sets.values[:, 0].tolist() == pytest.approx([2.0, 2.0], abs=1e-4)


@pytest.mark.parametrize("name", [name for name, _ in NAMES.values() if name not in SPARSE])
def test_all_run_and_draw_from_the_samples_seed(name):
    labels = (torch.arange(8))[None].expand(2, 8)
    given = {"baseline": torch.zeros(8), "segmenter": labels, "budget": 48}
    first, again = (xaiplug.explain(Pairs(), X, f"shapiq-{name}", **given).attribution for _ in range(2))
    assert first.isfinite().all()
    torch.testing.assert_close(first, again)


def test_is_shapiq_called_directly():
    def game(coalitions):
        rows = torch.from_numpy(np.atleast_2d(coalitions).astype(float)).repeat_interleave(2, dim=1)
        return Pairs()(rows)[:, 0].numpy()

    theirs = shapiq.KernelSHAPIQ(n=4, max_order=2, index="k-SII", random_state=0).approximate(16, game).dict_values
    ex = ask("kernel-shap-iq")
    found = {
        tuple(m.nonzero().flatten().tolist()): float(v)
        for m, v in zip(*(ex.sets.members[0], ex.sets.values[0]), strict=True)
    }
    for pair in combinations(range(4), 2):
        assert found[pair] == pytest.approx(theirs[pair], abs=1e-6)


def test_all_approximators_are_offered():
    known = {
        name
        for name, cls in vars(shapiq).items()
        if isinstance(cls, type) and issubclass(cls, shapiq.approximator.Approximator)
    }
    assert known == NAMES.keys()


def test_what_shapiq_refuses_is_ours_to_tell():
    with pytest.raises(ComponentError, match="shapiq's"):
        ask("kernel-shap-iq", index="no-such-index")


def test_a_masked_game_is_a_game_of_shapiqs():
    class Game(xaiplug.Explainer):
        """Shapley values by shapiq's exact computer."""

        needs = ("groups", "imputer")

        def explain(self, query):
            games = [GameOfGroups(xaiplug.MaskedGame(query), row) for row in range(len(query))]
            exact = [shapiq.ExactComputer(game)("SV") for game in games]
            return query.inputs.new_tensor([[values[(player,)] for player in range(4)] for values in exact])

    ex = xaiplug.explain(Pairs(), X, Game(), baseline=torch.zeros(8), segmenter=LABELS)
    torch.testing.assert_close(ex.attribution, (ALONE + torch.tensor([1.0, 1, 0, 0])).expand(2, 4))
