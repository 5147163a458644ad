import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaiplug import FeatureGroups
from xaiplug.data.groups import grid_of
from xaiplug.errors import ShapeError


@st.composite
def partitions(draw):
    """Labels (B,H,W) with gaps and -1, and values (B,C,H,W)."""
    seed = draw(st.integers(0, 2**32))
    g = torch.Generator().manual_seed(seed)
    batch, height, width = (draw(st.integers(1, 4)) for _ in range(3))
    labels = torch.randint(-1, draw(st.integers(1, 9)), (batch, height, width), generator=g) * 3
    return labels, torch.randn(batch, 2, height, width, generator=g, dtype=torch.float64)


@given(partitions())
@settings(max_examples=60, deadline=None)
def test_sums_and_means_equal_a_loop(made):
    labels, values = made
    groups = FeatureGroups.from_labels(labels)
    sums, means = groups.sum(values), groups.mean(values)
    for b in range(len(labels)):
        present = [k for k in labels[b].unique().tolist() if k >= 0]
        assert int(groups.counts[b]) == len(present)
        for g, k in enumerate(present):
            inside = values[b][:, labels[b] == k]
            torch.testing.assert_close(sums[b, g], inside.sum())
            torch.testing.assert_close(means[b, g], inside.mean())
        assert sums[b, len(present) :].isnan().all()


@given(partitions())
@settings(max_examples=60, deadline=None)
def test_keeping_groups_keeps_their_positions_and_those_in_no_group(made):
    labels, _ = made
    groups = FeatureGroups.from_labels(labels)
    rows = torch.arange(len(labels)).repeat_interleave(2)
    coalitions = torch.rand(len(rows), groups.count) < 0.5
    kept = groups.keep(rows, coalitions)
    for r, b in enumerate(rows.tolist()):
        for position, label in zip(kept[r].flatten(), groups.labels[b].flatten(), strict=True):
            assert bool(position) == (int(label) < 0 or bool(coalitions[r, label]))


def test_labels_are_numbered_without_gaps():
    groups = FeatureGroups.from_labels(torch.tensor([[7, 7, -5, 3], [1, 1, 1, 1]]))
    assert groups.labels.tolist() == [[1, 1, -1, 0], [0, 0, 0, 0]]
    assert groups.counts.tolist() == [2, 1]
    assert groups.players.tolist() == [[True, True], [True, False]]
    assert groups.sizes().tolist() == [[1, 2], [4, 0]]


def test_embeddings_and_rows_have_their_own_grids():
    words = FeatureGroups.from_labels(torch.tensor([[0, 1, 1]]))
    assert words.sum(torch.ones(1, 3, 5)).tolist() == [[5.0, 10.0]]
    assert words.mean(torch.ones(1, 3)).tolist() == [[1.0, 1.0]]
    assert words.broadcast(torch.tensor([[2.0, 3.0]])).tolist() == [[2.0, 3.0, 3.0]]


def test_wrong_labels():
    with pytest.raises(ShapeError, match="integer tensor"):
        FeatureGroups.from_labels(torch.rand(1, 4))
    groups = FeatureGroups.from_labels(torch.zeros(1, 4, 4, dtype=torch.int64))
    with pytest.raises(ShapeError, match="for 1 samples, inputs have 2"):
        groups.validate(torch.zeros(2, 3, 4, 4))
    with pytest.raises(ShapeError, match=r"a grid of \(4, 4\) does not fit samples of shape \(3, 5, 5\)"):
        groups.validate(torch.zeros(1, 3, 5, 5))


@pytest.mark.parametrize(("shape", "grid"), [((3, 4, 5), (4, 5)), ((6, 8), (6,)), ((7,), (7,))])
def test_the_grid_of_a_sample(shape, grid):
    assert grid_of(shape) == grid
