from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from xaiplug.errors import ConfigError
from xaiplug.view.paired import contrast_text, contrasts, paired


def table(values, metric="mass", **more):
    rows = [
        {"model": "m", "data": "d", "explainer": name, "segmenter": "", "baseline": "", "references": ""}
        | {"imputer": "", "metric": metric, "seed": 0, "sample": place, "id": str(place), "value": value}
        | {"better": "higher", "unit": "", **more}
        for name, column in values.items()
        for place, value in enumerate(column)
    ]
    return pd.DataFrame(rows)


def test_pairing_finds_what_the_spread_of_samples_hides():
    base = np.random.default_rng(0).normal(size=50)
    rising = paired(base + 0.01, base)
    assert rising.mean == pytest.approx(0.01)
    assert rising.certain
    assert rising.count == 50
    noise = np.random.default_rng(1).normal(size=50)
    assert not paired(base, noise).certain


def test_a_sample_that_lacks_one_value_is_left_out_of_both_means():
    frame = table({"a": [1.0, math.nan, 3.0, 10.0], "b": [0.0, 5.0, 2.0, math.nan]})
    (found,) = contrasts(frame, pairs=[("a", "b")])
    assert (found.first, found.second) == (("a", 2.0), ("b", 1.0))
    assert (found.difference.mean, found.difference.count) == (1.0, 2)


def test_everything_against_one_and_only_the_metrics_asked_for():
    frame = pd.concat([table({"a": [1.0, 2.0], "b": [0.0, 0.0], "c": [3.0, 4.0]}, metric) for metric in ("x", "y")])
    found = contrasts(frame, against="b", metrics=["y"])
    assert [(row.metric, row.first[0], row.second[0]) for row in found] == [("y", "a", "b"), ("y", "c", "b")]


def test_one_name_with_two_settings_is_told_apart_by_its_whole_text():
    frame = pd.concat([table({"a": [1.0, 2.0]}, baseline=base) for base in ("black", "blur")])
    (found,) = contrasts(frame, pairs=[("a (baseline black)", "a (baseline blur)")])
    assert found.difference.mean == 0
    with pytest.raises(ConfigError, match="no results of 'a' on 'mass'"):
        contrasts(frame, against="a")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"against": "grad"}, "no results of 'grad' on 'mass'; did you mean 'grads'"),
        ({"against": "grads", "metrics": ["mas"]}, "no results of metric 'mas'; did you mean 'mass'"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(asked, message):
    with pytest.raises(ConfigError, match=message):
        contrasts(table({"grads": [1.0], "b": [2.0]}), **asked)


def test_the_text_is_a_markdown_table_that_says_where_zero_is_inside():
    values = {"a": [1.0, 2.0, 3.0], "b": [0.0, 1.0, 2.0], "c": [3.0, 2.0, 1.0]}
    lines = contrast_text(contrasts(table(values), against="b")).splitlines()
    assert lines[0] == "mass (higher is better), m on d"
    assert lines[3].count("|") == lines[2].count("|")
    assert lines[4].startswith("| a | 2.00 | b | 1.00 | 1.00 | 1.00 to 1.00 | 3 |")
    assert "holds 0" in lines[5]
    assert contrast_text([]) == "no results\n"
