"""The conformance kit, with the axioms that hold, and those of the paper that do not."""

import pytest

from xaiplug.testing import explainer_checks
from xaiplug_hsets.explainers import HSets, Idg

BROKEN = {
    "implementation-invariance": "detection: relu written otherwise has another Hessian (Lemma 3 is of scores)",
    "linearity": "absolute values (Lemma 4 holds for abs_mode='none' and given sets only)",
    "completeness": "unit directions and a few sets (Lemma 1)",
}


class Claiming(HSets):
    """H-Sets with every axiom of the paper claimed."""

    claims = (*HSets.claims, *BROKEN)


class ClaimingIdg(Idg):
    """IDG-Vis with every axiom of the paper claimed."""

    claims = ("dummy", "implementation-invariance", "symmetry", "sensitivity", "linearity", "completeness")


@pytest.mark.parametrize(
    "check",
    explainer_checks(
        [
            ("hsets", {"max_rows": 24, "steps": 6}),
            ("hessian-sets", {"max_rows": 24, "steps": 6}),
            ("idg", {"steps": 6}),
            ("idg", {"steps": 6, "abs_mode": "none", "scale_mode": "path"}),
            ("idg", {"steps": 6, "normalize_dividends": True}),
        ]
    ),
)
def test_kit(check):
    check()


@pytest.mark.parametrize("check", explainer_checks([Claiming(max_rows=24, steps=6)], expected=BROKEN))
def test_axioms_that_hsets_breaks(check):
    if check.check.name in Claiming.claims:
        check()


@pytest.mark.parametrize(
    "check",
    explainer_checks(
        [ClaimingIdg(steps=6)],
        expected={name: BROKEN[name] for name in ("linearity", "completeness")},
    ),
)
def test_axioms_that_idg_breaks(check):
    if check.check.name in ClaimingIdg.claims:
        check()
