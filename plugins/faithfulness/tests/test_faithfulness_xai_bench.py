"""XAI-BENCH's metrics on models whose expectations are known by hand."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation
from xaiplug.errors import ComponentError
from xaiplug.testing import metric_checks
from xaiplug_faithfulness.expectations import coalitions, regressed, shapley

W = torch.tensor([3.0, -2, 1, 0.5], dtype=torch.float64)
# A pool symmetric about 0: every expectation of a linear score is w x_S exactly, if all of the pool is drawn evenly.
ZERO = torch.zeros(1, 4, dtype=torch.float64), torch.zeros(1, dtype=torch.int64)
X = torch.tensor([[1.0, 1, 1, 1], [1, -1, 2, -4]], dtype=torch.float64)


class Linear(nn.Module):
    def forward(self, x):
        return (x @ W)[:, None]


def measured(metric, values, model=None, x=X, pool=ZERO, **params):
    return xaiplug.score(model or Linear(), x, Explanation(values, "input"), metric, pool=pool, **params)


def test_linear_model_and_its_terms():
    terms = W * X
    for metric in ("xai-bench-faithfulness", "xai-bench-gt-shapley"):
        torch.testing.assert_close(measured(metric, terms).values, torch.ones(2).double())
        torch.testing.assert_close(measured(metric, -terms).values, -torch.ones(2).double())
    assert measured("xai-bench-monotonicity", terms).values.tolist() == [1, 1]
    assert measured("xai-bench-infidelity", terms.sign() * terms.abs(), sigma=1e-9).values.max() < 1e-12


def test_faithfulness_upstream_has_no_sign():
    values = measured("xai-bench-faithfulness", -W * X, variant="upstream").values
    torch.testing.assert_close(values, torch.ones(2).double())


def test_monotonicity_counts_in_the_order_of_the_attribution():
    """|terms| of the first row are 3, 2, 1, .5: a reversed map never grows, one swapped pair fails once."""
    assert measured("xai-bench-monotonicity", 1 / (W * X)).values[0] == 0
    swapped = torch.tensor([[3.0, 1, 2, 0.5]] * 2).double()
    assert measured("xai-bench-monotonicity", swapped).values[0].item() == pytest.approx(2 / 3)


def test_monotonicity_upstream_counts_columns():
    """By hand for the first row: f after 4, 3, 2, 1 known is .5, 1.5, -.5, 2.5, put at columns 4, 3, 2, 1."""
    by_column = torch.tensor([0.0, 2.5, -0.5, 1.5, 0.5])
    change = by_column.diff().abs()
    want = (change.diff() >= 0).double().mean()
    assert measured("xai-bench-monotonicity", W * X, variant="upstream").values[0] == want


class And(nn.Module):
    def forward(self, x):
        return (x[:, 0] * x[:, 1])[:, None] + 0 * x[:, 2:].sum(1, keepdim=True)


def test_shapley_of_a_product_is_shared():
    truth = torch.tensor([[0.5, 0.5, 0, 0]]).double()
    x = torch.ones(1, 4).double()
    for variant in ("fixed", "upstream"):
        value = measured("xai-bench-gt-shapley", truth, And(), x, variant=variant).values.item()
        assert value == pytest.approx(1, abs=1e-6)
    assert measured("xai-bench-gt-shapley", torch.tensor([[1.0, 0, 0, 0]]).double(), And(), x).values.item() < 0.6


def test_formula_and_regression_agree():
    game = torch.randn(3, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(shapley(game), regressed(game), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(shapley(game).sum(1), game[:, -1] - game[:, 0])
    assert coalitions(3, "x").tolist()[5] == [True, False, True]


def test_expectations_come_from_the_pool():
    """x² has E = 1 in the pool {-1, 1}: the change is x² - 1, negative for small x."""

    class Square(nn.Module):
        def forward(self, x):
            return x.square().sum(1, keepdim=True)

    pool = torch.tensor([[-1.0, 1, 1, -1], [1, 1, -1, 1]]).double(), torch.zeros(2, dtype=torch.int64)
    x = torch.tensor([[0.0, 1, 2, 3]]).double()
    right = x.square() - 1
    assert measured("xai-bench-faithfulness", right, Square(), x, pool).values.item() == pytest.approx(1)
    assert measured("xai-bench-faithfulness", x.square(), Square(), x, pool).values.item() == pytest.approx(1)
    assert measured("xai-bench-faithfulness", right.abs(), Square(), x, pool).values.item() < 1 - 1e-6


def test_infidelity_does_not_depend_on_the_scale_and_upstream_cuts_the_noise():
    values = torch.randn(2, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    one, seven = (measured("xai-bench-infidelity", k * values).values for k in (1, 7.0))
    torch.testing.assert_close(one, seven)
    seen = []

    class Recording(Linear):
        def forward(self, x):
            seen.append(x)
            return super().forward(x)

    measured("xai-bench-infidelity", values, Recording(), variant="upstream")
    noise = torch.cat([part for part in seen if len(part) > 2])
    assert noise.min() == 0
    assert (noise == 0).double().mean().item() == pytest.approx(0.5, abs=0.05)


def test_rows_with_few_features_only():
    image = torch.rand(1, 3, 4, 4).double()
    net = nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).double()
    with pytest.raises(ComponentError, match="needs rows"):
        xaiplug.score(net, image, Explanation(image, "input"), "xai-bench-infidelity")
    wide = torch.rand(2, 20).double()
    with pytest.raises(ComponentError, match="at most 14"):
        measured("xai-bench-gt-shapley", wide, nn.Linear(20, 2).double(), wide, (wide, torch.zeros(2).long()))


NAMES = ["xai-bench-faithfulness", "xai-bench-monotonicity", "xai-bench-gt-shapley", "xai-bench-infidelity"]


@pytest.mark.parametrize("check", metric_checks([(name, {"samples": 10}) for name in NAMES]))
def test_conformance(check):
    check()
