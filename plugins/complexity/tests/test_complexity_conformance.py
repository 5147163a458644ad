"""The shipped metrics keep the contract."""

import pytest

from xaiplug.testing import metric_checks


@pytest.mark.parametrize("check", metric_checks(["gini", "complexity"]))
def test_conformance(check):
    check()
