"""The shipped metrics keep the contract."""

import pytest

from xaiplug.testing import metric_checks

NAMES = [
    *("ssim", "mege", "reco", "interpretation-loss", "generalisation-gap"),
    *("uniform-stability", "grouping-gap", "within-group-correlation"),
    *("mprt", "efficient-mprt", "random-logit"),
    ("max-sensitivity", {"samples": 3}),
    ("local-lipschitz", {"samples": 3}),
    ("mprt", {"order": "bottom-up", "similarity": "ssim", "layers": 2, "smooth": 2}),
]


@pytest.mark.parametrize("check", metric_checks(NAMES))
def test_conformance(check):
    check()
