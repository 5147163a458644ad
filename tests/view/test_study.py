from __future__ import annotations

import pandas as pd
import pytest
import torch

from xaiplug.data.explanation import Explanation
from xaiplug.data.study import RESULTS_COLUMNS, TIMINGS_COLUMNS, Curve, Panel, Study
from xaiplug.errors import DataError, ShapeError


def test_a_study_may_be_empty():
    frames = pd.DataFrame(columns=RESULTS_COLUMNS), pd.DataFrame(columns=TIMINGS_COLUMNS)
    assert Study("empty", "", *frames).curves == []


def test_missing_columns_are_named(study):
    with pytest.raises(DataError, match="lack the columns 'better', 'seed'"):
        Study("x", "", study.results.drop(columns=["seed", "better"]), study.timings)


def test_a_curve_fits_its_steps():
    with pytest.raises(ShapeError, match=r"values \(2, 3\) do not fit steps \(4,\)"):
        Curve("m", "d", "ig", "deletion", 0, torch.zeros(4), torch.zeros(2, 3))


def test_a_panel_names_every_part_of_the_wrong_length():
    maps = {"ig": Explanation(torch.zeros(3, 1, 4, 4), "input")}
    with pytest.raises(ShapeError, match=r"has 2 inputs, but labels has 1, maps\['ig'\] has 3"):
        Panel("m", "d", torch.zeros(2, 1, 4, 4), None, torch.zeros(1), torch.zeros(2), None, ("a", "b"), maps)
