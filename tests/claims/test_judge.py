"""Verdicts on results whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from xaiplug.claims.judge import judge
from xaiplug.claims.schema import Better, Equal, Larger, Value
from xaiplug.data.study import RESULTS_COLUMNS
from xaiplug.errors import ConfigError


def rows(explainer, mean, *, metric="deletion", model="net", samples=40, noise=0.1, better="higher", **more):
    """Rows of one method under one choice."""
    rng = np.random.default_rng([ord(sign) for sign in explainer + metric + model])
    known = dict.fromkeys(RESULTS_COLUMNS, "") | {"model": model, "data": "test", "explainer": explainer, "seed": 0}
    return pd.DataFrame(
        known
        | {"metric": metric, "better": better, "sample": i, "id": f"s{i}", "value": mean + rng.normal(0, noise)}
        | more
        for i in range(samples)
    )


def results(*frames):
    return pd.concat(frames, ignore_index=True)


def two(gaps, *, samples=40, better="higher"):
    """`a` and `b` under one baseline for each gap."""
    return results(
        *(
            rows(name, mean, metric=f"deletion[baseline=b{i}]", samples=samples, better=better)
            for i, gap in enumerate(gaps)
            for name, mean in (("a", gap), ("b", 0.0))
        )
    )


CLAIM = Better(a=["a"], b=["b"], metric=["deletion"])


@pytest.mark.parametrize(
    ("gaps", "verdict"),
    [
        ([1, 1], "held"),
        ([1, 0], "depends"),
        ([1, -1], "depends"),
        ([-1, -1], "did-not-hold"),
        ([-1, -1, 0], "did-not-hold"),
        ([-1, 0], "undecided"),
        ([0, 0], "undecided"),
        ([1], "undecided"),
        ([-1], "undecided"),
    ],
)
def test_better(gaps, verdict):
    assert judge(CLAIM, two(gaps)).verdict == verdict


def test_certain_here_and_open_there_is_no_difference_between_the_two():
    """The same gap under both choices, so small that one is seen by luck."""
    for luck in range(40):
        gap = 0.07 + luck / 4000
        found = judge(CLAIM, two([gap, gap]))
        if len(found.holds) == 1:
            break
    assert (len(found.holds), len(found.open), found.verdict) == (1, 1, "undecided")


def test_lower_may_be_better():
    assert judge(CLAIM, two([-1, -1], better="lower")).verdict == "held"


def test_too_few_samples_decide_nothing_however_large_the_difference():
    found = judge(CLAIM, two([9, 9], samples=5))
    assert (found.verdict, found.samples) == ("undecided", 5)


def test_what_depends_names_its_choices():
    found = judge(CLAIM, two([1, -1]))
    assert (found.holds, found.flips, found.open) == (("deletion[baseline=b0]",), ("deletion[baseline=b1]",), ())
    assert "opposite under deletion[baseline=b1]" in found.why


def test_numbers_are_those_of_the_audit():
    found = judge(CLAIM, two([1, 1, 1]))
    assert found.difference == pytest.approx(1, abs=0.1)
    low, high = found.interval
    assert low < found.difference < high
    assert (found.samples, found.choices) == (40, 3)


def test_one_way_of_looking_is_not_two_because_there_are_two_rivals():
    frame = results(rows("a", 1.0), rows("b", 0.0), rows("c", 0.0))
    found = judge(Better(a=["a"], b=["b", "c"], metric=["deletion"]), frame)
    assert (found.verdict, found.choices) == ("undecided", 2)
    assert "too few" in found.why


def test_nor_because_the_rivals_go_with_other_groups():
    frame = results(rows("a", 1.0), *(rows("b", 0.0, segmenter=segmenter) for segmenter in ("few", "many")))
    rivals = ["b (segmenter few)", "b (segmenter many)"]
    assert judge(Better(a=["a"], b=rivals, metric=["deletion"]), frame).verdict == "undecided"


def test_a_choice_is_named_by_what_varies_for_one_comparison():
    frame = results(
        *(
            rows(name, mean, model=model, baseline=baseline)
            for model in ("one", "two")
            for name, mean, baseline in (("a", 1.0, "black"), ("b", 0.0, "black"), ("c", 0.0, ""))
        )
    )
    found = judge(Better(a=["a"], b=["b", "c"], metric=["deletion"]), frame)
    assert found.holds == tuple(f"a against {rival}, model {model}" for rival in "bc" for model in ("one", "two"))


def test_networks_and_seeds_are_choices():
    frame = results(*(rows(n, m, model=k) for k in ("one", "two") for n, m in (("a", 1.0), ("b", 0.0))))
    assert judge(CLAIM, frame).verdict == "held"
    assert judge(CLAIM.model_copy(update={"models": ["one"]}), frame).verdict == "undecided"


def test_samples_are_matched_by_their_id():
    one = rows("a", 0.0, noise=0.0)
    one["value"] = np.arange(len(one), dtype=float)
    other = one.assign(explainer="b", value=one["value"] - 0.5).iloc[::-1]
    frame = results(one, other, one.assign(seed=1), other.assign(seed=1))
    found = judge(CLAIM, frame)
    assert (found.verdict, found.difference) == ("held", 0.5)


def test_methods_go_together_that_share_what_both_have():
    frame = results(
        *(rows("groups", m, segmenter=s) for s, m in (("slic", 1.0), ("square", 0.0))),
        rows("pixels", 0.5),
    )
    better = Better(a=["groups"], b=["pixels"], metric=["deletion"])
    found = judge(better, frame)
    assert (found.holds, found.flips) == (("segmenter slic",), ("segmenter square",))
    named = Better(a=["groups (segmenter slic)"], b=["groups (segmenter square)"], metric=["deletion"])
    (held,) = judge(named, frame).holds
    assert held == "as run"
    with pytest.raises(ConfigError, match="no choice has both"):
        judge(better, frame.assign(seed=range(len(frame))))


def test_a_method_of_one_network_against_that_of_another():
    frame = results(rows("a", 1.0, model="ten"), rows("a", 0.0, model="two"), rows("a", 1.0, model="ten", seed=1))
    frame = results(frame, rows("a", 0.0, model="two", seed=1))
    assert judge(Better(a=["a @ ten"], b=["a @ two"], metric=["deletion"]), frame).verdict == "held"


@pytest.mark.parametrize(
    ("gap", "within", "verdict"), [(0, 0.2, "held"), (1, 0.2, "did-not-hold"), (0, 0.01, "undecided")]
)
def test_equal(gap, within, verdict):
    assert judge(Equal(a=["a"], b=["b"], metric=["deletion"], within=within), two([gap, gap])).verdict == verdict


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ({"printed": 1.0, "tolerance": 0.2}, "held"),
        ({"printed": 3.0, "tolerance": 0.2}, "did-not-hold"),
        ({"above": 0.5}, "held"),
        ({"below": 0.5}, "did-not-hold"),
    ],
)
def test_value(bound, verdict):
    assert judge(Value(method=["a"], metric=["deletion"], **bound), two([1, 1], better="")).verdict == verdict


def test_one_value_a_study_decides_nothing():
    found = judge(CLAIM, two([1, 1]).assign(sample=-1))
    assert (found.verdict, found.difference) == ("undecided", None)
    assert "one value a study" in found.why


def test_one_value_a_study_is_judged_over_its_seeds():
    def studies(gap, model):
        one = [rows("a", gap, samples=1, model=model, seed=seed, value=gap + 0.1 * (seed % 3)) for seed in range(9)]
        return one + [rows("b", 0.0, samples=1, model=model, seed=seed, value=0.0) for seed in range(9)]

    def of(*gaps):
        return results(*(frame for i, gap in enumerate(gaps) for frame in studies(gap, f"net-{i}"))).assign(sample=-1)

    found = judge(CLAIM, of(1, 1))
    assert (found.verdict, found.samples, found.choices) == ("held", 9, 2)
    assert judge(CLAIM, of(1, -1)).verdict == "depends"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (Better(a=["aa"], b=["b"], metric=["deletion"]), "no method 'aa'.*did you mean 'a'"),
        (Better(a=["a"], b=["b"], metric=["deletoin"]), "no metric 'deletoin'.*did you mean 'deletion'"),
        (Better(a=["a"], b=["b"], metric=["deletion"], models=["no"]), "no model 'no'"),
        (Better(a=["a"], b=["b"], metric=["deletion"], data="no"), "no data 'no'"),
    ],
)
def test_what_the_results_lack_is_an_error(statement, message):
    with pytest.raises(ConfigError, match=message):
        judge(statement, two([1]))


def test_several_data_sets_must_be_told_apart():
    frame = results(two([1, 1]), two([1, 1]).assign(data="train"))
    with pytest.raises(ConfigError, match="name one"):
        judge(CLAIM, frame)
    assert judge(CLAIM.model_copy(update={"data": "train"}), frame).verdict == "held"


@pytest.mark.parametrize("better", ["higher", "lower", ""])
def test_larger_is_whether_or_not_it_is_better(better):
    assert judge(Larger(a=["a"], b=["b"], metric=["deletion"]), two([1, 1], better=better)).verdict == "held"


def test_without_a_direction_nothing_is_better():
    with pytest.raises(ConfigError, match="no direction"):
        judge(CLAIM, two([1, 1], better=""))
