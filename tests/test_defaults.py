"""What metrics do when nothing is said: another default is another number under the same name."""

import pytest

from xaiplug import component, registry

ODD = [float(percent) for percent in range(1, 100, 2)]
SHARES = [0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10, 0.13, 0.21, 0.34, 0.50, 0.75]
CURVE = {"steps": 50, "by": "pixel", "patch": 8, "value": "score"}
XAI_BENCH = {"samples": 100, "variant": "fixed"}
DEFAULTS = {
    "complexity/complexity": {"channels": "sum", "over": "positions"},
    "complexity/gini": {"channels": "sum", "over": "positions"},
    "faithfulness/insertion": CURVE,
    "faithfulness/deletion": CURVE,
    "faithfulness/first-correct": {"by": "group", "patch": 8},
    "faithfulness/first-wrong": {"by": "group", "patch": 8},
    "faithfulness/road": {"order": "morf", "levels": ODD, "score": "accuracy", "by": "pixel", "patch": 8},
    "faithfulness/road-aopc": {"order": "morf", "levels": ODD, "score": "probability", "by": "pixel", "patch": 8},
    "faithfulness/faithfulness-correlation": {"by": "scalar", "patch": 8, "subset_size": 224, "subsets": 100},
    "faithfulness/mu-fidelity": {
        "reduce": "mean", "correlation": "spearman", "grid": 9, "samples": 200, "fraction": 0.2,
    },
    "faithfulness/infidelity": {"samples": 1000, "sigma": 0.2, "normalize": True, "times_input": True},
    "faithfulness/sic-add": CURVE,
    "faithfulness/sic-del": CURVE,
    "faithfulness/pic": {"shares": SHARES, "min_score": 0.8},
    "faithfulness/xai-bench-faithfulness": XAI_BENCH,
    "faithfulness/xai-bench-monotonicity": XAI_BENCH,
    "faithfulness/xai-bench-gt-shapley": XAI_BENCH,
    "faithfulness/xai-bench-infidelity": {"samples": 1000, "variant": "fixed", "sigma": 0.2},
    "localisation/relevance-mass": {"sign": "absolute"},
    "localisation/pointing-game": {"sign": "absolute", "tolerance": 0},
    "localisation/relevance-rank": {"sign": "absolute"},
    "localisation/gt-auc": {"sign": "absolute"},
    "localisation/gt-sum": {},
    "stability/ssim": {"normalize": "p99", "channels": "abs-sum", "sigma": 1.5},
    "stability/mege": {"distance": "l2", "channels": "none", "samples": "one-seen"},
    "stability/reco": {"distance": "l2", "channels": "none", "samples": "one-seen"},
    "stability/interpretation-loss": {},
    "stability/generalisation-gap": {},
    "stability/uniform-stability": {},
    "stability/grouping-gap": {},
    "stability/within-group-correlation": {},
    "stability/mprt": {"order": "cascading", "similarity": "rank", "layers": None, "smooth": 0, "noise": 0.1},
    "stability/efficient-mprt": {"bins": 100},
    "stability/random-logit": {"similarity": "rank"},
    "stability/max-sensitivity": {"samples": 10, "radius": 0.02},
    "stability/local-lipschitz": {"samples": 10, "radius": 0.1},
}  # fmt: skip


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(name):
    params = component("metric", name).describe()["params"]
    assert {key: params[key] for key in DEFAULTS[name]} == DEFAULTS[name]


def test_no_metric_is_forgotten():
    wheels = {name.partition("/")[0] for name in DEFAULTS}
    found = {entry.name for entry in registry.discover(only=sorted(wheels)).entries if entry.kind == "metric"}
    assert found == {*DEFAULTS}
