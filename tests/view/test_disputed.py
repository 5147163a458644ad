"""Dispute and quality of samples, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from xaiplug.data.study import RESULTS_COLUMNS, Study
from xaiplug.view.disputed import SHOWN, sample_tables

#          methods a, b on samples 0, 1
VALUES = {"deletion": [[0.0, 2.0], [1.0, 1.0]], "same": [[5.0, 5.0], [5.0, 5.0]]}


def study(values=VALUES, better="lower") -> Study:
    rows = [
        dict.fromkeys(RESULTS_COLUMNS, "")
        | {"model": "m", "data": "d", "explainer": method, "metric": metric, "seed": 0, "better": better}
        | {"sample": sample, "id": f"s{sample}", "value": value}
        for metric, table in values.items()
        for sample, row in enumerate(table)
        for method, value in zip("ab", row, strict=True)
    ]
    return Study("x", "", pd.DataFrame(rows), pd.DataFrame())


def test_dispute_is_the_spread_of_methods_in_units_of_the_spread_of_all():
    (table,) = sample_tables(study())
    assert table.title == "m on d"
    assert [line.id for line in table.lines] == ["s0", "s1"]
    # all values 0, 2, 1, 1: mean 1, standard deviation sqrt(1/2); of sample 0 alone 1, of sample 1 0
    assert [line.dispute for line in table.lines] == pytest.approx([math.sqrt(2), 0])
    assert [line.quality for line in table.lines] == pytest.approx([0, 0])
    assert table.lines[0].seen[0].ends == "0.00 to 2.00"
    assert table.lines[0].seen[1].text == "5.00"


def test_quality_follows_the_direction():
    worse = {"deletion": [[3.0, 3.0], [1.0, 1.0]]}
    for better, sign in (("lower", -1), ("higher", 1)):
        (table,) = sample_tables(study(worse, better))
        assert {line.id: line.quality for line in table.lines} == pytest.approx({"s0": sign, "s1": -sign})


def test_undefined_values_are_left_out():
    (table,) = sample_tables(study({"deletion": [[math.nan, math.nan], [math.nan, 2.0]]}))
    line = {line.id: line for line in table.lines}
    assert line["s0"].seen == (None,)
    assert line["s1"].seen[0].order == 2


def test_one_method_disputes_nothing_and_a_long_table_is_cut():
    frame = study().results
    assert sample_tables(Study("x", "", frame[frame["explainer"] == "a"], pd.DataFrame())) == []
    (table,) = sample_tables(study({"deletion": [[float(k), 0.0] for k in range(SHOWN + 5)]}))
    assert (len(table.lines), table.left_out, table.lines[0].id) == (SHOWN, 5, f"s{SHOWN + 4}")
