"""Quantus's numbers under our names, and ours beside theirs where both measure the same."""

import numpy as np
import pytest
import quantus
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.testing import metric_checks
from xaiplug_quantus.names import GIVES, REFUSED, offered

SHORT = {
    "FaithfulnessCorrelation": {"subset_size": 16, "nr_runs": 8},
    "FaithfulnessEstimate": {"features_in_step": 64},
    "Infidelity": {"n_perturb_samples": 2},
    "Monotonicity": {"features_in_step": 64},
    "MonotonicityCorrelation": {"nr_samples": 4, "features_in_step": 64},
    "PixelFlipping": {"features_in_step": 64},
    "RegionPerturbation": {"regions_evaluation": 4},
    "TopKIntersection": {"k": 20},
    "AvgSensitivity": {"nr_samples": 3},
    "Continuity": {"nr_steps": 4},
    "LocalLipschitzEstimate": {"nr_samples": 3},
    "MaxSensitivity": {"nr_samples": 3},
    "RelativeInputStability": {"nr_samples": 3},
    "RelativeOutputStability": {"nr_samples": 3},
    "RelativeRepresentationStability": {"nr_samples": 3},
}


@pytest.mark.parametrize("check", metric_checks([(offered(name), SHORT.get(name, {})) for name in GIVES]))
def test_conformance(check):
    check()


torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3)).eval()
X, MAP = torch.rand(4, 1, 8, 8), torch.randn(4, 1, 8, 8)
MAP[0, 0, 3, 3] = 9.0
RELEVANT = torch.zeros(4, 8, 8, dtype=torch.bool)
RELEVANT[:, 2:5, 1:6] = True


@pytest.mark.parametrize(
    ("ours", "theirs", "params"),
    [
        ("gini", "sparseness", {}),
        ("complexity", "complexity", {}),
        ("relevance-mass", "relevance-mass-accuracy", {"abs": True}),
        ("relevance-rank", "relevance-rank-accuracy", {"abs": True}),
        ("pointing-game", "pointing-game", {"abs": True}),
    ],
)
def test_ours_and_theirs(ours, theirs, params):
    truth = {} if ours in ("gini", "complexity") else {"relevant": RELEVANT}
    one = xaiplug.score(NET, X, Explanation(MAP), ours, **truth)
    two = xaiplug.score(NET, X, Explanation(MAP), f"quantus-{theirs}", **truth, **params)
    assert len(set(one.values.tolist())) > 1
    torch.testing.assert_close(one.values, two.values, rtol=1e-4, atol=1e-5)
    assert two.better == one.better


BLACK = X.amin((1, 2, 3), keepdim=True).expand_as(X)[None]
"""What Quantus calls black: the smallest value of the sample."""


def test_pixel_flipping_is_deletion_without_its_start():
    ours = xaiplug.score(NET, X, Explanation(MAP), "deletion", baseline=BLACK, steps=8)
    theirs = xaiplug.score(NET, X, Explanation(MAP), "quantus-pixel-flipping", features_in_step=8)
    torch.testing.assert_close(torch.trapezoid(ours.curve[:, 1:], dim=1), theirs.values, rtol=1e-4, atol=1e-5)
    assert not torch.isclose(ours.values * 8, theirs.values, rtol=1e-2).any()
    assert theirs.better == ours.better


def test_faithfulness_correlation_with_other_draws():
    ex, sets = xaiplug.explain(NET, X, "input-x-gradient"), {"subset_size": 16, "scale": "logit"}
    ours = xaiplug.score(NET, X, ex, "faithfulness-correlation", baseline=BLACK, subsets=400, **sets)
    theirs = xaiplug.score(NET, X, ex, "quantus-faithfulness-correlation", nr_runs=400, **sets)
    assert (theirs.values > 0.9).all()
    torch.testing.assert_close(ours.values, theirs.values, rtol=0, atol=0.03)


def test_road_is_theirs_of_one_image_at_a_time():
    levels, target = (12.5, 25.0, 50.0, 75.0, 87.5), NET(X).argmax(1)
    ex = xaiplug.explain(NET, X, "input-x-gradient", target=target)
    metric = xaiplug.component("metric", "road", levels=levels, imputer=("noisy-linear", {"noise": 0.0}))
    ours = xaiplug.score(NET, X, ex, metric)
    road, maps = quantus.ROAD(percentages=list(levels), noise=0, disable_warnings=True), ex.attribution.numpy()
    for row in range(4):
        one = slice(row, row + 1)
        given = {"x_batch": X[one].numpy(), "y_batch": target[one].numpy(), "a_batch": maps[one]}
        assert ours.curve[row].tolist() == list(road(model=NET, **given, device="cpu").values())
    assert 0 < ours.curve.mean() < 1


def test_selectivity_is_quantus_called_directly():
    target = NET(X).argmax(1)
    ex = Explanation(MAP, target=xaiplug.Target(target))
    ours = xaiplug.score(NET, X, ex, "quantus-selectivity", patch_size=4, scale="logit")
    theirs = quantus.Selectivity(patch_size=4, disable_warnings=True)(
        model=NET, x_batch=X.numpy(), y_batch=target.numpy(), a_batch=MAP.numpy(), device="cpu", softmax=False
    )
    np.testing.assert_allclose(ours.values, [np.mean(curve) for curve in theirs], rtol=1e-5)


def test_every_metric_is_offered_or_refused_with_a_reason():
    known = {cls.__name__ for family in quantus.AVAILABLE_METRICS.values() for cls in family.values()}
    assert known == GIVES.keys() | REFUSED.keys()


def test_images_and_two_scales():
    net = nn.Linear(4, 3)
    with pytest.raises(ShapeError, match="images"):
        xaiplug.score(net, torch.rand(2, 4), Explanation(torch.rand(2, 4)), "quantus-sparseness")
    with pytest.raises(ComponentError, match="knows probability and logit"):
        xaiplug.score(NET, X, Explanation(MAP), "quantus-sparseness", scale="log_odds")


def test_those_that_explain_anew_ask_the_explainer_of_the_explanation():
    """Input times gradient of a linear network moves by its weight, whatever the noise."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(64, 2, bias=False))
    with torch.no_grad():
        net[1].weight.copy_(torch.tensor([[0.0], [3.0]]).expand(2, 64))
    ex = xaiplug.explain(net, X, "input-x-gradient", target=1)
    theirs = xaiplug.score(net, X, ex, "quantus-local-lipschitz-estimate", nr_samples=3, normalise=False)
    assert theirs.values.tolist() == pytest.approx([3.0] * 4, rel=1e-4)
    assert theirs.values.tolist() == pytest.approx(
        xaiplug.score(net, X, ex, "local-lipschitz", samples=3).values.tolist(), rel=1e-4
    )
    assert theirs.meta["forwards"] > 4 * 3
    with pytest.raises(ComponentError, match="asks the explainer again"):
        xaiplug.score(net, X, Explanation(MAP), "quantus-local-lipschitz-estimate")


def test_new_weights_are_explained_by_the_same_explainer():
    class Blind(xaiplug.Explainer):
        def explain(self, query):
            SEEN.append(next(query.model.network.parameters()).clone())
            return query.inputs.clone()

    SEEN: list = []
    before = [parameter.clone() for parameter in NET.parameters()]
    ex = xaiplug.explain(NET, X, Blind())
    SEEN.clear()
    assert xaiplug.score(NET, X, ex, "quantus-mprt").values.tolist() == pytest.approx([1.0] * 4)
    assert sum(not weight.equal(before[0]) for weight in SEEN) == 4  # the first layer is the last one drawn
    assert all(now.equal(then) for now, then in zip(NET.parameters(), before, strict=True))
    assert xaiplug.score(NET, X, ex, "mprt").values.tolist() == pytest.approx([1.0] * 4)


def test_a_sample_is_asked_again_with_what_it_was_given():
    labels = torch.arange(64).view(1, 8, 8) // 16
    baseline = torch.rand(1, 4, 1, 8, 8)
    ex = xaiplug.explain(NET, X, "kernel-shap", segmenter=labels, baseline=baseline)
    whole = xaiplug.score(NET, X, ex, "quantus-max-sensitivity", nr_samples=2).values
    for row in range(4):
        one = xaiplug.explain(NET, X[[row]], "kernel-shap", segmenter=labels, baseline=baseline[:, [row]])
        alone = xaiplug.score(NET, X[[row]], one, "quantus-max-sensitivity", nr_samples=2).values
        torch.testing.assert_close(alone, whole[[row]], rtol=1e-4, atol=1e-6)
