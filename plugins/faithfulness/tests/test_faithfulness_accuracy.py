"""Accuracy against units; a curve that an explanation has already walked."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError


class Counted(nn.Module):
    """Three classes of 4x4 images, not linear; counts its rows."""

    def __init__(self, seed=0):
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            self.net = nn.Sequential(nn.Flatten(), nn.Linear(16, 12), nn.Tanh(), nn.Linear(12, 3)).double()
        self.rows = 0

    def forward(self, x):
        self.rows += len(x)
        return self.net(x)


X = torch.rand(5, 1, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
TARGET = [0, 1, 2, 1, 0]
CELLS = ("grid", {"patch": 2})


def scored(net, explanation, metric, **params):
    net.rows = 0
    given = {"by": "group", "steps": None} | params
    return xaiplug.score(net, X, explanation, metric, **given), net.rows - len(X)


@pytest.mark.parametrize("metric", ["insertion", "deletion"])
def test_accuracy_by_hand(metric):
    """One image, four cells, one at a time."""
    net = Counted()
    ex = xaiplug.explain(net, X, "shapley-sampling", segmenter=CELLS, target=1)
    curve = scored(net, ex, metric, value="correct", segmenter=CELLS)[0].curve
    order = ex.attribution.argsort(1, descending=True)
    cell = torch.arange(4)[:, None] // 2 * 2 + torch.arange(4) // 2
    for b in range(len(X)):
        for k in range(5):
            chosen = torch.isin(cell, order[b, :k])
            shown = X[b] * (chosen if metric == "insertion" else ~chosen)
            assert curve[b, k] == float(net(shown[None]).argmax() == 1)
    assert 0 < curve.mean() < 1


@pytest.mark.parametrize("value", ["score", "correct"])
def test_the_value_at_a_share_is_the_curve_there(value):
    net = Counted()
    ex = xaiplug.explain(net, X, "gradient", target=1)
    whole, _ = scored(net, ex, "deletion", value=value, segmenter=CELLS)
    half, forwards = scored(net, ex, "deletion", value=value, at=0.5, segmenter=CELLS)
    torch.testing.assert_close(half.values, whole.curve[:, 2])
    assert half.curve is None
    assert forwards == len(X)
    assert half.unit == {"score": "probability", "correct": "accuracy"}[value]


@pytest.mark.parametrize("mode", ["insertion", "deletion"])
@pytest.mark.parametrize("value", ["score", "correct"])
def test_a_way_already_walked_costs_nothing(mode, value):
    net = Counted()
    ex = xaiplug.explain(net, X, "moxi", mode=mode, segmenter=CELLS)
    stripped = ex.replace(extras={})
    known, forwards = scored(net, ex, mode, value=value)
    asked, needed = scored(net, stripped, mode, value=value, segmenter=CELLS)
    torch.testing.assert_close(known.curve, asked.curve)
    assert forwards == 0
    assert needed == len(X) * 5


def test_what_was_not_walked_is_asked():
    """Two steps known of four; the rest is evaluated and equals what a fresh evaluation says."""
    net = Counted()
    ex = xaiplug.explain(net, X, "moxi", steps=2, segmenter=CELLS)
    part, forwards = scored(net, ex, "insertion")
    assert forwards == len(X) * 2
    torch.testing.assert_close(part.curve, scored(net, ex.replace(extras={}), "insertion")[0].curve)


@pytest.mark.parametrize(
    "changed",
    [{"metric": "deletion"}, {"baseline": "white"}, {"net": Counted(1)}, {"segmenter": ("grid", {"patch": 1})}],
    ids=str,
)
def test_another_game_is_asked_anew(changed):
    net = Counted()
    ex = xaiplug.explain(net, X, "moxi", segmenter=CELLS)
    given = {"net": net, "metric": "insertion"} | changed
    known, _ = scored(given["net"], ex, **{k: v for k, v in given.items() if k != "net"})
    fresh, needed = scored(given["net"], ex.replace(extras={}), **{k: v for k, v in given.items() if k != "net"})
    assert needed > 0
    torch.testing.assert_close(known.curve, fresh.curve)


@pytest.mark.parametrize(("metric", "mode"), [("first-correct", "insertion"), ("first-wrong", "deletion")])
def test_units_until_the_prediction_turns(metric, mode):
    """MoXI's own stop step, at no forward; for any explanation, the first turn of the accuracy curve."""
    net = Counted()
    ex = xaiplug.explain(net, X, "moxi", mode=mode, segmenter=CELLS, target=TARGET)
    net.rows = 0
    found = xaiplug.score(net, X, ex, metric)
    assert net.rows == len(X)
    assert found.values.where(found.values < 5, -1).tolist() == ex.extras["stop_step"].tolist()
    single = xaiplug.explain(net, X, "moxi-single", mode=mode, segmenter=CELLS, target=TARGET)
    curve = scored(net, single, mode, value="correct")[0].curve
    turned = (curve if mode == "insertion" else 1 - curve)[:, 1:]
    found = xaiplug.score(net, X, single, metric)
    assert len(set(found.values.tolist())) > 1
    for value, row, arrived in zip(found.values, turned, found.curve, strict=True):
        places = row.nonzero().flatten()
        assert value == (places[0] + 1 if len(places) else 5)
        assert arrived.tolist() == [float(len(places) > 0 and k >= places[0] + 1) for k in range(5)]


@pytest.mark.parametrize("metric", ["first-correct", "first-wrong"])
@pytest.mark.parametrize("side", [4, 2, 1])
def test_steps_go_from_none_of_the_units_to_all(metric, side):
    net = Counted()
    ex = xaiplug.explain(net, X, "moxi-single", segmenter=("grid", {"patch": side}), target=TARGET)
    units = (4 // side) ** 2
    assert xaiplug.score(net, X, ex, metric).steps.tolist() == [k / units for k in range(units + 1)]


def test_one_output_predicts_no_class():
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1)).double()
    ex = xaiplug.explain(net, X, "gradient")
    with pytest.raises(ComponentError, match="predicts no class"):
        xaiplug.score(net, X, ex, "insertion", value="correct")
