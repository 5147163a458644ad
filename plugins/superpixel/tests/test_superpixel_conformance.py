"""The conformance kit."""

import pytest

from xaiplug.testing import explainer_checks


@pytest.mark.parametrize(
    "check",
    explainer_checks(
        [
            "superpixel",
            ("superpixel", {"base": "integrated-gradients", "channel_mode": "joint"}),
            ("superpixel", {"base": ("smoothgrad", {"samples": 3}), "where": "gradient"}),
            ("superpixel", {"where": "abs-base"}),
            (
                "superpixel",
                {"base": ("smoothgrad", {"samples": 2}), "smoothgrad": "dynamic", "segmenter": ("grid", {"patch": 4})},
            ),
        ]
    ),
)
def test_conformance(check):
    check()
