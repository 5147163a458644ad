"""What may be said of a claim, on differences whose truth is known."""

import math

import numpy as np
import pytest

from xaiplug.audit.verdicts import judge

NAMES = ["black", "blur", "mean", "noise"]


def differences(*effects, samples=40, seed=0):
    """(C,S): a row a choice, `effect` standard deviations above 0."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, 1, (len(effects), samples))
    return np.array(effects)[:, None] + (noise - noise.mean(1, keepdims=True)) / noise.std(1, ddof=1, keepdims=True)


@pytest.mark.parametrize(
    ("effects", "verdict", "flips"),
    [
        ((1, 1, 1, 1), "all", ()),
        ((1, 1, 1, 0.1), "most", ()),
        ((1, 0.1, 0.1, 0.1), "some", ()),
        ((1, 1, 1, -1), "some", ("noise",)),
        ((-1, -1, 0.1, -1), "none", ("black", "blur", "noise")),
        ((0.1, 0.1, -0.1, 0), "undecided", ()),
    ],
)
def test_the_verdict_and_its_counter_examples(effects, verdict, flips):
    found = judge("a better than b", differences(*effects), NAMES)
    assert (found.verdict, found.flips) == (verdict, flips)
    assert found.difference.mean == pytest.approx(np.mean(effects))


def test_words_name_the_counter_example():
    assert judge("a better than b", differences(1, 1, 1, -1), NAMES).words == (
        "a better than b: holds under some choices (3 of 4); the opposite holds under noise"
    )


def test_open_choices_are_told_from_the_others_or_not():
    alike = judge("c", differences(0.55, 0.55, 0.35), NAMES[:3])
    assert (alike.verdict, alike.apart) == ("most", False)
    assert alike.words.endswith("open under mean, which nothing tells from the others: more samples may settle it")
    unlike = judge("c", differences(1, 1, 0), NAMES[:3])
    assert (unlike.verdict, unlike.apart) == ("most", True)
    assert unlike.words.endswith("open under mean")


def test_undecided_says_how_many_samples_would_settle_it():
    found = judge("a better than b", differences(0.2, 0.2, 0.2, samples=20), NAMES[:3])
    assert (found.verdict, found.needed) == ("undecided", 197)
    assert found.words == "a better than b: undecided; n = 20 is too small, about 197 would settle this difference"


def test_five_equal_samples_settle_nothing_whatever_their_interval():
    """Values without spread have an interval without width; five of five is no more than 6 % of tossed coins."""
    assert judge("c", np.ones((1, 5)), ["black"]).verdict == "undecided"
    assert judge("c", np.ones((1, 6)), ["black"]).verdict == "all"
    assert judge("c", np.ones((1, 60)), ["black"], groups=[0] * 30 + [1] * 30).verdict == "undecided"


def test_no_difference_on_any_sample_is_said_so():
    found = judge("c", np.zeros((2, 30)), NAMES[:2])
    assert (found.verdict, found.needed) == ("undecided", math.inf)
    assert "no difference on any sample" in found.words


def test_a_claim_that_is_true_nowhere_is_called_true_somewhere_with_5_percent():
    """Eight choices: without holding the intervals together it would be about a third."""
    rng = np.random.default_rng(0)
    said = [judge("c", rng.normal(0, 1, (8, 25)), [str(i) for i in range(8)]).verdict for _ in range(600)]
    assert np.mean([word != "undecided" for word in said]) == pytest.approx(0.05, abs=0.02)


def test_nothing_to_judge_is_undecided():
    found = judge("c", np.full((2, 10), np.nan), NAMES[:2])
    assert (found.verdict, found.difference.samples) == ("undecided", 0)
    assert found.plain()["difference"] is None
