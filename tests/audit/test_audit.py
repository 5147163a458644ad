"""The audit of studies whose answer is known, and of their violators."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiplug.audit.audit import audit
from xaiplug.audit.tables import tables
from xaiplug.audit.text import as_csv, markdown, terminal

METHODS = ["random", "m1", "m2", "m3", "m4", "m5"]
QUALITY = dict(zip(METHODS, range(6), strict=True))


def scores(family, quality, *, baseline="black", noise=0.5, samples=40, better="higher", seed=0, metric_seed=0):
    """Rows of one metric under one choice; `quality` of a method is its mean."""
    rng = np.random.default_rng([seed, len(family)])
    empty = dict.fromkeys(["segmenter", "baseline", "references", "imputer", "metric_segmenter", "metric_imputer"], "")
    sign = 1 if better == "higher" else -1
    return pd.DataFrame(
        {
            "model": "net",
            "data": "test",
            "explainer": method,
            **empty,
            "family": family,
            "swept": "{}",
            "metric_baseline": baseline,
            "seed": metric_seed,
            "sample": sample,
            "id": f"s{sample}",
            "value": sign * (mean + rng.normal(0, noise)),
            "better": better,
            "unit": "probability",
        }
        for method, mean in quality.items()
        for sample in range(samples)
    )


def audited(*frames, **known):
    return audit(tables(pd.concat(frames, ignore_index=True), **known))


@pytest.mark.parametrize("better", ["higher", "lower"])
def test_a_metric_of_the_truth_and_noise_agrees_with_the_truth(better):
    found = audited(scores("mass", QUALITY), scores("deletion", QUALITY, better=better), truths={"mass"})
    (one,) = found.metrics
    assert (one["tau"], one["truths"]) == (1, ["mass"])
    assert one["interval"][0] > 0.8


def test_a_metric_of_something_else_does_not():
    other = dict(zip(METHODS, [3, 0, 5, 1, 4, 2], strict=True))
    (one,) = audited(scores("mass", QUALITY), scores("size", other), truths={"mass"}).metrics
    assert one["tau"] == pytest.approx(0.067, abs=0.01)
    assert one["interval"][1] < 0.5


def flipping(last):
    """Three baselines; under the last one the ranking is that of `last`."""
    given = {"black": QUALITY, "blur": QUALITY, "mean": last}
    return audited(*(scores("del", how, baseline=name, seed=len(name)) for name, how in given.items()))


def test_a_ranking_that_flips_with_the_baseline_is_said_to():
    found = flipping({name: 5 - mean for name, mean in QUALITY.items()})
    (one,) = found.rankings
    assert one["choices"] == ["baseline=black", "baseline=blur", "baseline=mean"]
    assert (one["tau"], one["flipped"]) == (pytest.approx(-1 / 3), 1)
    assert one["flips_by"] == {"baseline": pytest.approx(2 / 3)}
    assert one["variance_shares"]["baseline"] > 0.99
    top = next(v for v in found.verdicts if {v["first"], v["second"]} == {"m5", "random"})
    assert (top["verdict"], top["flips"]) == ("some", ["baseline=mean"])


def test_a_ranking_that_does_not_flip_is_not_said_to():
    found = flipping(QUALITY)
    (one,) = found.rankings
    assert (one["tau"], one["flipped"], one["flips_by"]) == (1, 0, {"baseline": 0})
    assert [place["method"] for place in one["ranks"]] == METHODS[::-1]
    assert {v["verdict"] for v in found.verdicts} == {"all"}
    assert not any(v["flips"] for v in found.verdicts)


def test_noise_alone_decides_nothing():
    same = dict.fromkeys(METHODS, 1.0)
    found = audited(*(scores("del", same, baseline=name, seed=len(name)) for name in ("black", "blur ", "mean  ")))
    assert [v["verdict"] for v in found.verdicts].count("undecided") >= 13
    low, high = found.rankings[0]["interval"]
    assert low < 0 < high


def test_a_metric_sees_what_is_better_than_random():
    found = audited(scores("del", {"random": 0.0, "m1": 1.0, "m2": 0.0}), blind={"random"})
    sees, blind = found.sight
    assert sees["interval"][0] > 0
    assert sees["effect"] > 1
    assert sees["needed"] < 10
    assert blind["interval"][0] < 0 < blind["interval"][1]


def test_without_random_it_says_so():
    found = audited(scores("del", QUALITY))
    assert found.sight == []
    assert any("no explainer 'random'" in note for note in found.notes)


def test_where_nothing_was_varied_it_says_so():
    found = audited(scores("del", QUALITY))
    assert found.rankings[0]["tau"] is None
    assert any("one choice was made" in note for note in found.notes)
    assert "under the one choice that was made" in found.verdicts[0]["words"]


def test_nothing_at_all_is_a_sentence():
    assert "nothing can be said" in terminal(audit([]))


def test_what_differs_only_with_the_method_is_no_choice():
    one, two = scores("del", {"m1": 1.0}, baseline="black"), scores("del", {"m2": 0.0}, baseline="blur")
    found = audited(one, two)
    assert found.rankings[0]["choices"] == ["as run"]
    assert found.verdicts[0]["first"] == "m1"


def test_swept_parameters_and_seeds_are_factors():
    parts = [
        scores("del", QUALITY, metric_seed=seed, seed=seed).assign(swept=json.dumps({"steps": steps}))
        for steps in ("10", "20")
        for seed in (0, 1)
    ]
    (table,) = tables(pd.concat(parts, ignore_index=True))
    assert [dict(level) for level in table.levels][1] == {"steps": "10", "seed": "1"}
    assert table.values.shape == (4, 40, 6)
    assert np.isfinite(table.values).all()


def test_a_choice_in_another_unit_counts_no_more_than_the_others():
    """Three baselines agree; a logit is thirty times a probability, and would widen the interval over choices."""
    frames = [scores("del", QUALITY, baseline=name, seed=seed) for seed, name in enumerate(("black", "blur", "mean"))]
    logit = scores("del", QUALITY, baseline="white", seed=3)
    logit = logit.assign(value=30 * logit["value"], unit="logit")
    alike, found = (
        audited(*frames, logit.assign(value=logit["value"] / 30, unit="probability")),
        audited(*frames, logit),
    )
    for one, other in zip(found.verdicts, alike.verdicts, strict=True):
        assert one["difference"] == pytest.approx(other["difference"], rel=0.1)
        assert one["interval"] == pytest.approx(other["interval"], rel=0.2, abs=0.1)
    assert any("probability, logit" in note for note in found.notes)
    assert not any("units" in note for note in alike.notes)


def test_names_can_end_no_cell_and_be_no_formula():
    hostile = {"=cmd|'x'": 2.0, "<b>\x1b[31m": 1.0}
    found = audited(scores("a|b", hostile))
    assert "<b>" not in markdown(found)
    assert "\x1b" not in terminal(found) + markdown(found)
    rows = list(csv.DictReader(io.StringIO(as_csv(found))))
    assert rows[0]["first"] == "'=cmd|'x'"
    assert json.dumps(found.plain(), allow_nan=False)


def test_copies_of_samples_are_worth_nothing_where_the_data_say_so():
    (table,) = tables(scores("del", {"m1": 1.0, "m2": 0.8}, noise=1.0), blind={"random"})
    copied = replace(table, values=np.repeat(table.values, 3, 1))
    grouped = replace(copied, groups=tuple(np.repeat(np.arange(40), 3).tolist()))
    (alone,), (told,), (taken) = (audit([one]).verdicts for one in (table, grouped, copied))
    assert told["interval"] == pytest.approx(alone["interval"])
    assert taken[0]["interval"][0] > alone["interval"][0]


def test_methods_without_some_values_are_named():
    frame = scores("del", {"m1": 1.0, "m2": 0.0})
    frame.loc[[0, 1, 2], "value"] = np.nan
    notes = audited(frame).notes
    assert any("m1 has no value in 3 of 40 cases" in note for note in notes)
    assert not any("m2 has no value" in note for note in notes)
