"""The shipped explainers keep the contract."""

import pytest
from xaiplug.testing import explainer_checks


@pytest.mark.parametrize("check", explainer_checks(["gradient", "input-x-gradient", "integrated-gradients"]))
def test_conformance(check):
    check()
