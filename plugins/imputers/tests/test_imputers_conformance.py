"""The shipped imputers keep the contract."""

import pytest

from xaiplug.testing import imputer_checks, metric_checks


@pytest.mark.parametrize("check", imputer_checks(["baseline"]))
def test_conformance(check):
    check()


@pytest.mark.parametrize("check", metric_checks(["perturbation-size"]))
def test_conformance_of_the_metric(check):
    check()
