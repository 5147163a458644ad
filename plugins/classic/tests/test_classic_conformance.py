"""The shipped explainers keep the contract."""

import pytest

from xaiplug.testing import explainer_checks


@pytest.mark.parametrize("check", explainer_checks(["smoothgrad", "random", "kernel-shap", "lime", "shapley-sampling"]))
def test_conformance(check):
    check()
