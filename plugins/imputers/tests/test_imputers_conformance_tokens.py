"""The conformance kit for imputers of transformers and worse copies."""

import pytest

from xaiplug.testing import imputer_checks

LATER = [("attention-mask", {"layer": 1})]
REASONS = {"removed-features": "by intent: the first block still sees the patches that are masked in the second"}


@pytest.mark.parametrize(
    "check",
    [
        *imputer_checks(["token-removal", "attention-mask", "corruption", "pgd"]),
        *imputer_checks(LATER, expected=REASONS),
    ],
)
def test_conformance(check):
    check()
