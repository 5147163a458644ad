"""What a machine lacks is no violation: it is said, and skipped."""

import xaiplug
from xaiplug.errors import UnavailableError
from xaiplug.testing import check_explainer


class NeedsWeights(xaiplug.Explainer):
    """Cannot work here."""

    def explain(self, query):
        raise UnavailableError("no weights at hand; download them")


class Broken(xaiplug.Explainer):
    """Cannot work anywhere."""

    def explain(self, query):
        raise RuntimeError("no weights at hand; download them")


def test_what_is_missing_is_skipped_with_its_reason_and_a_plain_error_is_not():
    report = check_explainer(NeedsWeights())
    assert report.ok
    skipped = [outcome for outcome in report.outcomes if outcome.status == "skipped"]
    assert any("not available here: no weights at hand" in outcome.detail for outcome in skipped)
    assert not any(outcome.status == "passed" and outcome.check == "shape" for outcome in report.outcomes)
    assert not check_explainer(Broken()).ok
