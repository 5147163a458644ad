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
