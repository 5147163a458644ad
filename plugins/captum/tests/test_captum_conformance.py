"""The shipped explainers keep the contract."""

import pytest

from xaiplug.testing import explainer_checks
from xaiplug_captum.names import GIVES, offered

NAMES = [
    "gradient",
    "input-x-gradient",
    "integrated-gradients",
    "grad-cam",
    "deep-lift",
    "deep-shap",
    "occlusion",
]


@pytest.mark.parametrize("check", explainer_checks(NAMES))
def test_conformance(check):
    check()


SHORT = {"captum-shapley-value-sampling": {"n_samples": 2}}


@pytest.mark.parametrize("check", explainer_checks([(offered(name), SHORT.get(offered(name), {})) for name in GIVES]))
def test_conformance_of_captums_own(check):
    check()
