from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.view.transforms import (
    centre,
    display_map,
    labels_apart,
    outline,
    rank_map,
    scaled,
    set_masks,
    shrink,
    signed_limit,
    upsample,
)

IMAGE = torch.tensor([[[[1.0, -2.0]], [[3.0, 0.5]]]], dtype=torch.float64)
HALVES = FeatureGroups.from_labels(torch.tensor([[[0, 0, 1], [0, -1, 1]]]))


def test_channels_are_summed_with_their_signs_or_as_magnitudes():
    explanation = Explanation(IMAGE, "input")
    assert display_map(explanation).tolist() == [[[4.0, -1.5]]]
    assert display_map(explanation, reduction="magnitude").tolist() == [[[4.0, 2.5]]]
    assert display_map(explanation).dtype == torch.float64


def test_groups_paint_their_positions_and_no_group_is_zero():
    explanation = Explanation(torch.tensor([[2.0, -1.0]]), "group", groups=HALVES)
    painted = [[[2.0, 2.0, -1.0], [2.0, 0.0, -1.0]]]
    assert display_map(explanation).tolist() == painted
    assert display_map(explanation, (3, 2, 3)).tolist() == painted


def test_what_is_no_image_has_one_value_per_position():
    assert display_map(Explanation(torch.ones(2, 5, 8), "input")).tolist() == [[8.0] * 5] * 2
    assert display_map(Explanation(torch.ones(2, 7), "input")).shape == (2, 7)
    assert display_map(Explanation(torch.ones(2, 3), "group")).shape == (2, 3)
    words = FeatureGroups.from_labels(torch.tensor([[0, 0, 1]]))
    by_word = Explanation(torch.tensor([[1.0, 2.0]]), "group", groups=words)
    assert display_map(by_word, (3, 8)).tolist() == [[1.0, 1.0, 2.0]]


def test_padding_of_groups_is_drawn_as_nothing():
    groups = FeatureGroups.from_labels(torch.tensor([[[0, 1]], [[0, 0]]]))
    explanation = Explanation(torch.tensor([[1.0, 2.0], [3.0, torch.nan]]), "group", groups=groups)
    assert display_map(explanation).tolist() == [[[1.0, 2.0]], [[3.0, 3.0]]]


def test_the_limit_is_a_percentile_of_each_row_by_itself():
    values = torch.stack([torch.arange(-50.0, 51.0), torch.arange(-50.0, 51.0) * 10])
    assert signed_limit(values).tolist() == [50.0, 500.0]
    values[0, 0] = -1e6
    assert signed_limit(values)[0] < 51


def test_the_limit_of_a_nearly_empty_map_is_its_largest_value():
    values = torch.zeros(2, 1, 30, 30)
    values[0, 0, 3, 3] = -7
    assert signed_limit(values).tolist() == [7.0, 0.0]


def test_scaling_is_symmetric_keeps_zero_and_survives_the_undefined():
    values = torch.tensor([[2.0, 0.0, -8.0, torch.nan, torch.inf], [1.0, 1.0, 0.0, 0.0, 0.0]])
    assert scaled(values, torch.tensor([4.0, 0.0])).tolist() == [[0.5, 0.0, -1.0, 0.0, 1.0], [0.0] * 5]


def test_resizing():
    coarse = torch.tensor([[[1.0, 2.0]]])
    assert upsample(coarse, (2, 4)).tolist() == [[[1.0, 1.0, 2.0, 2.0]] * 2]
    assert 1 < upsample(coarse, (1, 4), smooth=True)[0, 0, 1] < 2
    assert shrink(torch.ones(1, 3, 40, 20), 10).shape == (1, 3, 10, 5)
    assert shrink(coarse.unsqueeze(1), 10).shape == (1, 1, 1, 2)


@pytest.mark.parametrize("seed", range(3))
def test_an_outline_is_as_long_as_the_boundary(seed):
    mask = torch.rand(9, 7, generator=torch.Generator().manual_seed(seed)) > 0.5
    padded = torch.nn.functional.pad(mask, (1, 1, 1, 1)).int()
    boundary = padded.diff(dim=0).abs().sum() + padded.diff(dim=1).abs().sum()
    assert sum(abs(x1 - x0) + abs(y1 - y0) for x0, y0, x1, y1 in outline(mask)) == boundary


def test_an_empty_mask_has_no_outline():
    assert outline(torch.zeros(4, 4, dtype=torch.bool)) == []


def test_the_strongest_sets_come_first_and_unused_slots_never():
    members = torch.zeros(1, 3, 2, dtype=torch.bool)
    members[0, 0, 0] = members[0, 1, 1] = True
    sets = SetScores(members, torch.tensor([[0.1, -0.5, torch.nan]]))
    found = set_masks(Explanation(torch.zeros(1, 2), "group", groups=HALVES, sets=sets), 0)
    assert [round(value, 3) for value, _ in found] == [-0.5, 0.1]
    assert found[0][1].tolist() == [[False, False, True], [False, False, True]]
    assert found[1][1].tolist() == [[True, True, False], [True, False, False]]


def test_of_an_order_the_prefix_that_turned_the_prediction():
    members = torch.tensor([[[False, True], [True, True]]])
    sets = SetScores(members, torch.tensor([[0.1, 0.5]]), "prefix")
    ex = Explanation(torch.zeros(1, 2), "group", groups=HALVES, sets=sets)
    assert set_masks(ex, 0) == []
    assert set_masks(ex.replace(extras={"stop_step": torch.tensor([-1])}), 0) == []
    ((value, mask),) = set_masks(ex.replace(extras={"stop_step": torch.tensor([1])}), 0)
    assert value == pytest.approx(0.1)
    assert mask.tolist() == [[False, False, True], [False, False, True]]


def test_sets_of_scalars_are_drawn_over_all_channels():
    members = torch.zeros(1, 1, 2, 1, 2, dtype=torch.bool)
    members[0, 0, 1, 0, 1] = True
    found = set_masks(Explanation(IMAGE, "input", sets=SetScores(members, torch.ones(1, 1))), 0)
    assert found[0][1].tolist() == [[False, True]]


def test_no_sets_are_no_masks():
    none = SetScores(torch.zeros(1, 0, 2, dtype=torch.bool), torch.zeros(1, 0))
    assert set_masks(Explanation(IMAGE, "input"), 0) == []
    assert set_masks(Explanation(IMAGE, "input", sets=none), 0) == []


def test_ranks_follow_the_order_and_padding_counts_for_nothing():
    ordered = Explanation(torch.zeros(1, 2), "group", groups=HALVES, order=torch.tensor([[1, -1]]))
    assert rank_map(ordered).tolist() == [[[0, 0, 1], [0, 0, 1]]]
    assert rank_map(Explanation(torch.zeros(1, 2), "group", groups=HALVES)) is None


def test_a_centre_lies_inside_its_mask():
    ring = torch.ones(5, 5, dtype=torch.bool)
    ring[1:4, 1:4] = False
    x, y = centre(ring)
    assert ring[int(y), int(x)]


def test_labels_of_neighbours_do_not_cover_each_other():
    masks = [torch.zeros(28, 28, dtype=torch.bool) for _ in range(4)]
    for place, mask in enumerate(masks[:3]):
        mask[24:, 20 + place : 27] = True
    found = labels_apart(masks, ["1.48", "0.896", "0.711", "nothing"], 2.0)
    assert [text for _, _, text in found] == ["1.48", "0.896", "0.711"]
    heights = sorted(y for _, y, _ in found)
    assert min(b - a for a, b in pairwise(heights)) >= 1.8
    assert all(1 <= y <= 27 and x + 0.6 * len(text) <= 28 for x, y, text in found)
