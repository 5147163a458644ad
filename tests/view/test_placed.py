"""Maps at the size of their inputs."""

import dataclasses

import torch

from xaiplug.data.explanation import Explanation
from xaiplug.testing.view.scenes import full
from xaiplug.view.placed import placed_maps


def of(attribution, **parts):
    return dataclasses.replace(full().gallery[0], maps={"one": Explanation(attribution)}, **parts)


def test_a_coarse_map_is_enlarged_and_its_colours_end_where_the_percentile_does():
    (placed,) = placed_maps(of(torch.tensor([[[[1.0, -2], [3, 4]]]]).expand(2, 1, 2, 2)))
    assert placed.maps.shape == (2, 8, 8)
    assert placed.maps[0, ::4, ::4].tolist() == [[1, -2], [3, 4]]
    assert placed.limits.tolist() == [4, 4]


def test_what_is_no_image_and_groups_without_a_place_have_none():
    assert list(placed_maps(of(torch.ones(2, 5)))) == []
    assert list(placed_maps(of(torch.ones(2, 5), inputs=torch.ones(2, 5), relevant=None))) == []
