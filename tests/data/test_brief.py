"""A value in a prompt is one short line, however large it is."""

from __future__ import annotations

import pandas as pd
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.data.exact import Exact
from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.result import MetricResult
from xaiplug.data.samples import Pool, Samples
from xaiplug.data.study import Curve, Panel, Study
from xaiplug.data.target import Target

BATCH, GRID = 3, (32, 48)
INPUTS = torch.zeros(BATCH, 3, *GRID)
GROUPS = FeatureGroups.from_labels(torch.arange(GRID[0] * GRID[1]).view(1, *GRID).expand(BATCH, *GRID) // 16)
TARGET = Target(torch.tensor([4, 4, 7]))
MAPS = Explanation(
    INPUTS, "input", TARGET, meta={"explainer": {"use": "classic/gradient"}, "forwards": 3, "backwards": 1}
)
SETS = SetScores(torch.zeros(BATCH, 5, GROUPS.count, dtype=torch.bool), torch.zeros(BATCH, 5))
LABELS = torch.zeros(BATCH, dtype=torch.int64)
EXACT = Exact(GROUPS, torch.zeros(BATCH, GROUPS.count), ("where", "sign"))

LINES = {
    "Explanation(gradient, 3 samples, input 3x32x48, class 4, 7 on logit, 3 forwards, 1 backward)": MAPS,
    "Explanation(3 samples, attribution 3x32x48, 5 sets)": Explanation(INPUTS, sets=SETS),
    "SetScores(interaction, 3 samples, up to 5 sets each)": SETS,
    "FeatureGroups(3 samples, up to 96 groups each, on 32x48)": GROUPS,
    "Target(class 4, 7 on logit, 3 samples)": TARGET,
    "MetricResult(road, mean 0.5 %, 3 samples, 1 undefined, lower is better)": MetricResult(
        torch.tensor([0.25, 0.75, torch.nan]), "road", unit="%", better="lower"
    ),
    "MetricResult(undefined, 1 value)": MetricResult(torch.tensor([torch.nan])),
    "Samples(3 of 3x32x48, no known truth)": Samples(INPUTS, LABELS),
    "Samples(3 of 3x32x48, the truth says where and sign)": Samples(
        INPUTS, LABELS, torch.zeros(BATCH, *GRID, dtype=torch.bool), exact=EXACT
    ),
    "Pool(3 samples, of 3x32x48)": Pool(INPUTS, LABELS, LABELS),
    "Exact(3 samples, up to 96 groups each, says where and sign)": EXACT,
    "Model(Flatten, softmax, 2 class names)": xaiplug.Model(nn.Flatten(), class_names=("a", "b")),
    "Curve(ig, road, 3 samples, 9 steps)": Curve("m", "d", "ig", "road", 0, torch.arange(9.0), torch.zeros(3, 9)),
    "Panel(m on d, 3 samples, 1 explainer)": Panel(
        "m", "d", INPUTS, None, LABELS, LABELS, None, ("0", "1", "2"), {"gradient": MAPS}
    ),
}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.partition("(")[0])
def test_one_line_says_what_it_is(line: str):
    assert repr(LINES[line]) == line


def test_a_study_names_its_failures():
    study = Study("decoy", "", pd.DataFrame(), pd.DataFrame(), failures=[{"cell": "a", "error": "b"}])
    assert repr(study) == "Study(decoy, 0 values, 1 failure)"
