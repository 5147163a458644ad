"""Grids: exact patches, and cells that do not divide."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional as F

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug_skimage.grid import Grid

SEEDS = torch.zeros(1, dtype=torch.int64)


def test_patches_of_a_vit():
    labels = Grid(patch=16).segment(torch.zeros(2, 3, 224, 224), torch.zeros(2))
    assert labels.shape == (2, 224, 224)
    assert labels.unique().tolist() == list(range(196))
    assert (labels[0].flatten().bincount() == 256).all()
    assert labels[1, 16, 0] == 14


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(9, 30), st.integers(9, 30))
def test_cells_are_the_nearest_upsampled_map(rows, columns, height, width):
    labels = Grid(rows=rows, columns=columns).segment(torch.zeros(1, 1, height, width), SEEDS)[0]
    small = torch.arange(rows * columns, dtype=torch.float64).view(1, 1, rows, columns)
    assert torch.equal(labels, F.interpolate(small, (height, width), mode="nearest")[0, 0].long())
    assert labels.unique().numel() == rows * columns


def test_more_cells_than_pixels_is_an_error():
    with pytest.raises(ComponentError, match="rows=9"):
        Grid(rows=9).segment(torch.zeros(1, 1, 8, 8), SEEDS)


def test_is_the_default_segmenter():
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(32 * 32, 2))
    ex = xaiplug.explain(net, torch.rand(1, 1, 32, 32), Sums())
    assert ex.attribution.shape == (1, 4)
    assert ex.meta["defaults"] == {"segmenter": "grid"}


class Sums(xaiplug.Explainer):
    needs = ("groups",)

    def explain(self, query):
        return query.groups.sum(query.gradient(query.inputs))
