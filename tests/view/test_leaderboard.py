from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from xaiplug.view.leaderboard import leaderboard, leaderboard_text


def table(values: dict[str, list[float]], better: str = "higher", seed: int = 0, **more) -> pd.DataFrame:
    rows = [
        {"model": "m", "data": "d", "explainer": name, "segmenter": "", "baseline": "", "references": ""}
        | {"imputer": "", "metric": "mass", "seed": seed, "sample": place, "id": str(place), "value": value}
        | {"better": better, "unit": "", **more}
        for name, column in values.items()
        for place, value in enumerate(column)
    ]
    return pd.DataFrame(rows)


def board(studies, frame):
    (found,) = leaderboard(studies(results=frame))
    return {str(row.method): row for row in found.rows}, found


def test_the_direction_decides_the_rank(studies):
    values = {"a": [0.1, 0.2], "b": [0.8, 0.9]}
    assert [str(row.method) for row in board(studies, table(values))[1].rows] == ["b", "a"]
    assert [str(row.method) for row in board(studies, table(values, "lower"))[1].rows] == ["a", "b"]
    assert [row.rank for row in board(studies, table(values, ""))[1].rows] == [None, None]


def test_equal_means_share_a_rank(studies):
    rows, _ = board(studies, table({"a": [1.0, 1.0], "b": [1.0, 1.0], "c": [0.0, 0.0]}))
    assert [rows[name].rank for name in "abc"] == [1, 1, 3]


def test_pairing_separates_what_intervals_alone_do_not(studies):
    base = np.random.default_rng(0).normal(size=40)
    rows, _ = board(studies, table({"a": list(base), "b": list(base + 0.05), "c": list(base + 0.05 - 1e-9 * base)}))
    assert rows["a"].high > rows["b"].low
    assert rows["b"].best or rows["c"].best
    assert not rows["a"].tied
    assert rows["b"].tied or rows["c"].tied


def test_rows_are_paired_by_sample_not_by_place(studies):
    frame = table({"a": [1.0, 5.0, 9.0, 2.0], "b": [1.1, 5.1, 9.1, 2.1]})
    shuffled = frame.sample(frac=1, random_state=1)
    one, other = board(studies, frame)[0], board(studies, shuffled)[0]
    assert not one["a"].tied
    assert not other["a"].tied
    assert one["a"].mean == pytest.approx(other["a"].mean)


def test_seeds_are_averaged_per_sample_and_their_spread_is_told(studies):
    frame = pd.concat([table({"a": [0.0, 1.0]}, seed=0), table({"a": [1.0, 2.0]}, seed=1)])
    row = board(studies, frame)[0]["a"]
    assert (row.mean, row.count, row.seeds) == (1.0, 2, 2)
    assert row.sd == pytest.approx(math.sqrt(0.5))
    assert (row.low, row.high) == (0.5, 1.5)


def test_undefined_values_are_dropped_and_counted(studies):
    rows, _ = board(studies, table({"a": [1.0, math.nan, 3.0], "b": [math.nan] * 3, "c": [1.0, math.inf, 0.0]}))
    assert (rows["a"].mean, rows["a"].count, rows["a"].undefined) == (2.0, 2, 1)
    assert (rows["b"].count, rows["b"].rank) == (0, None)
    assert math.isnan(rows["b"].mean)
    assert rows["c"].count == 2


def test_one_value_per_study_has_a_mean_and_no_interval(studies):
    row = board(studies, table({"a": [0.4]}, sample=math.nan, id=None))[0]["a"]
    assert row.mean == 0.4
    assert math.isnan(row.low)
    assert not row.tied


def test_settings_tell_rows_apart(studies):
    frame = pd.concat([table({"ig": [1.0, 2.0]}, baseline="black"), table({"ig": [3.0, 4.0]}, baseline=None)])
    assert list(board(studies, frame)[0]) == ["ig", "ig (baseline black)"]


def test_boards_do_not_depend_on_each_other(studies):
    alone = leaderboard(studies(results=table({"a": [1.0, 2.0, 4.0]})))
    more = pd.concat([table({"a": [5.0, 2.0]}, metric="other"), table({"a": [1.0, 2.0, 4.0]})])
    assert leaderboard(studies(results=more))[1] == alone[0]


def test_the_text_is_a_plain_table(study):
    text = leaderboard_text(study)
    first = text.split("\n\n")[0].splitlines()
    assert first[0] == "relevance-mass [share], higher is better: decoy on decoy-test"
    assert first[1].split() == ["rank", "explainer", "mean", "95", "%", "interval", "n", "sd", "of", "3", "seeds"]
    assert first[2].split()[:2] == ["1", "integrated-gradients"]
    assert first[-1].split()[:2] == ["6", "random"]
    assert "\x1b" not in text
    assert text.isascii()


def test_the_text_of_nothing(studies):
    assert leaderboard_text(studies(results=pd.DataFrame())) == "no results\n"
