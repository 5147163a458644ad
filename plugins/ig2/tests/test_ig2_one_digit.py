"""The figures with digits: a shift is a shift, the centre follows it, and filling takes the dark pixels it should."""

import math
import sys
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation

sys.path.insert(0, str(Path(__file__).parents[1] / "experiments"))

from one_digit import Centre, CornerShare, Filled, alike, corner, fills, one_digit, shifts, table


class Sums(nn.Module):
    """Class 0 until pixel (2,2) is lit, then class 1."""

    def forward(self, x):
        return torch.stack([torch.full_like(x[:, 0, 0, 0], 0.5), x[:, 0, 2, 2]], 1)


IMAGE = torch.zeros(1, 1, 4, 4)
IMAGE[0, 0, 1, 1] = 1.0


def measured(metric, attribution, image=IMAGE):
    explanation = Explanation(attribution, target=xaiplug.explain(Sums(), image, "gradient", target=0).target)
    return xaiplug.score(Sums(), image, explanation, metric).values.tolist()


def test_one_digit_is_shifted_and_keeps_its_name():
    still, right, left = (one_digit(1, 5, shift=shift) for shift in (0, 3, -3))
    assert still.labels.tolist() == [1] * 5
    assert still.ids == right.ids == left.ids
    assert torch.equal(right.inputs[..., 3:], still.inputs[..., :-3])
    assert torch.equal(left.inputs[..., :-3], still.inputs[..., 3:])
    assert not right.inputs[..., :3].any()


def test_the_centre_is_of_the_positive_mass_and_of_dark_pixels():
    attribution = torch.zeros(1, 1, 4, 4)
    attribution[0, 0, 0, 3], attribution[0, 0, 1, 1], attribution[0, 0, 2, 0] = 1.0, 3.0, -5.0
    assert measured(Centre(), attribution) == [1.5]
    assert measured(Centre(of="dark"), attribution) == [3.0]
    assert math.isnan(measured(Centre(of="dark"), IMAGE)[0])


FIVE = torch.tensor(
    [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1, 1, 0, 0],
        [0, 0, 1, 0, 0, 0, 0, 0],
        [0, 0, 1, 1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 0, 1, 0, 0],
        [0, 0, 1, 1, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
    ]
)[None, None].float()


def test_the_corner_is_the_right_of_the_bar_of_a_five_wherever_it_stands():
    assert corner(FIVE)[0, 0].nonzero().tolist() == [[1, 4], [1, 5]]
    assert corner(FIVE.roll((1, -2), (2, 3)))[0, 0].nonzero().tolist() == [[2, 2], [2, 3]]
    assert not corner(torch.zeros(1, 1, 4, 4)).any()


def test_the_corner_weighs_in_the_map_and_for_the_answer():
    attribution = torch.zeros(1, 1, 8, 8)
    attribution[0, 0, 1, 5], attribution[0, 0, 5, 5], attribution[0, 0, 7, 7] = -1.0, 2.0, 1.0
    assert measured(CornerShare(), attribution, FIVE) == [0.25]
    network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
    with torch.no_grad():
        network[1].weight.zero_()
        network[1].weight[0, 8 + 5] = network[1].weight[1, 63] = 1.0  # the corner speaks for 0, the last pixel for 1
        network[1].bias.copy_(torch.tensor([0.0, 0.5]))
    explanation = Explanation(attribution, target=xaiplug.explain(network, FIVE, "gradient", target=0).target)

    def turned(**options):
        return xaiplug.score(network, FIVE, explanation, Filled(**options)).values.tolist()

    assert turned(pixels=0) == [0.0]
    assert turned(pixels=0, cornerless=True) == [1.0]
    assert turned(pixels=1) == [1.0]


def test_filling_takes_dark_pixels_from_the_highest_down():
    attribution = torch.zeros(1, 1, 4, 4)
    attribution[0, 0, 1, 1], attribution[0, 0, 0, 0], attribution[0, 0, 2, 2] = 9.0, 2.0, 1.0
    assert measured(Filled(pixels=1), attribution) == [0.0]
    assert measured(Filled(pixels=2), attribution) == [1.0]
    assert measured(Filled(pixels=2, to=1), attribution) == [1.0]
    assert measured(Filled(pixels=2, to=0), attribution) == [0.0]


def test_filling_may_be_kept_near_the_digit():
    attribution = torch.zeros(1, 1, 4, 4)
    attribution[0, 0, 3, 3], attribution[0, 0, 2, 2] = 2.0, 1.0
    assert measured(Filled(pixels=1), attribution) == [0.0]
    assert measured(Filled(pixels=1, near=1), attribution) == [1.0]


def test_the_tables_divide_by_the_shift_and_leave_out_what_is_not_everywhere():
    rows = [
        {"id": f"{i}", "explainer": name, "data": data, "metric": "centre-all", "value": 10.0 + i + rate * pixels}
        for i in range(3)
        for name, rate in (("ig2", 1.0), ("still", 0.0))
        for data, pixels in (("shift-0", 0), ("shift-4", 4), ("shift-left-2", -2))
        if (i, data) != (2, "shift-4")
    ]
    frame = pd.DataFrame(rows)
    lines = table(shifts(frame)).splitlines()
    assert lines[2] == "| `ig2` (2) | 1.000 [1.000, 1.000] |"
    assert lines[3] == "| `still` (2) | 0.000 [0.000, 0.000]; **−1.000 [−1.000, −1.000]** |"


def test_reaching_the_references_class_is_apart_from_reaching_another():
    """`ig2` always says 3, with threes and with sixes; `free` has no references and says 6."""
    rows = [
        {"id": "0", "explainer": name, "references": references, "metric": f"reached-{to}[pixels=10]", "value": value}
        for name, references, said in (("ig2", "threes", 3), ("ig2", "sixes", 3), ("free", "", 6))
        for to in (3, 6, 9)
        for value in [float(to == said)]
    ]
    rows.append({"id": "0", "explainer": "ig2", "references": "sixes", "metric": "turned-near", "value": 1.0})
    found = fills(pd.DataFrame(rows))
    assert found.loc[("0", "ig2")].tolist() == pytest.approx([0.5, 0.25, 1.0])
    assert found.loc[("0", "free")].tolist()[:2] == pytest.approx([1 / 3, 1 / 3])
    assert list(found) == ["reached[pixels=10]", "strayed[pixels=10]", "turned-near"]


def test_a_map_that_goes_with_the_digit_is_like_itself_when_moved_back():
    still = torch.zeros(1, 8, 8)
    still[0, 2, 3], still[0, 5, 4] = 1.0, 2.0
    dark = torch.ones(1, 8, 8, dtype=torch.bool)
    for shift in (2, -2):
        assert alike(still, dark, still.roll(shift, 2), dark, shift) == pytest.approx((1.0, 0.0))
        assert alike(still, dark, still, dark, shift) == pytest.approx((0.0, 1.0))
    lit = dark.clone()
    lit[0, 5, 4] = False
    other = still.clone()
    other[0, 5, 4] = -9.0
    assert alike(still, dark, other, lit, 1)[1] == pytest.approx(1.0)
