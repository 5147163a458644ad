"""The shipped metrics keep the contract."""

import pytest

from xaiplug.testing import metric_checks

NAMES = [
    *("ssim", "mege", "reco", "interpretation-loss", "generalisation-gap"),
    *("grouping-gap", "within-group-correlation"),
]


@pytest.mark.parametrize("check", metric_checks(NAMES))
def test_conformance(check):
    check()
