"""The shipped explainers keep the contract."""

import pytest

from xaiplug.testing import explainer_checks

NAMES = [
    "smoothgrad",
    "random",
    "counterpart",
    "kernel-shap",
    "lime",
    "shapley-sampling",
    "grad-cam++",
    "layer-cam",
    "eigen-cam",
    "gradient-shap",
    ("rise", {"masks": 300}),
    "attention-rollout",
    "chefer",
    "legrad",
    "libragrad",
    "sobol",
]


@pytest.mark.parametrize("check", explainer_checks(NAMES))
def test_conformance(check):
    check()
