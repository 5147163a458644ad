"""The shipped explainers keep the contract."""

import pytest

from xaiplug.testing import explainer_checks

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
