import time

import pytest

from xaiplug.testing.timing import Paired, paired


def equal(a, b):
    assert a == b, "results differ"


def test_the_ratio_is_theirs_over_ours():
    measured = Paired((1.0, 2.0, 1.0), (3.0, 6.0, 3.5), 0.0)
    assert measured.ratio == 3.0
    low, high = measured.interval
    assert 3.0 <= low <= high <= 3.5
    assert str(measured).startswith("3.00x [3.00, 3.50]")


def test_both_are_run_in_turn_in_alternating_order():
    calls = []
    measured = paired(lambda: calls.append("a"), lambda: (calls.append("b"), time.sleep(0.002))[0], equal, rounds=4)
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab" + "ba"
    assert measured.ratio > 1


def test_there_is_no_ratio_of_different_results():
    with pytest.raises(AssertionError, match="results differ"):
        paired(lambda: 1, lambda: 2, equal)
