"""Volumes (B,C,D,H,W): explained, cut into groups, measured, drawn."""

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError, ShapeError


class Corner(nn.Module):
    """The sum over the first slice's upper half, of both channels, three times the first."""

    def forward(self, x):
        half = x[:, :, 0, :2].sum((2, 3))
        return torch.stack([3 * half[:, 0] + half[:, 1], half[:, 1] - half[:, 0]], 1)


X = torch.rand(2, 2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
TRUTH = torch.zeros(2, 3, 4, 4, dtype=torch.bool)
TRUTH[:, 0, :2] = True
HALVES = torch.arange(3)[:, None, None] * 2 + (torch.arange(4) // 2)[:, None] + torch.zeros(3, 4, 4, dtype=torch.int64)


def explained(name, **options):
    return xaiplug.explain(Corner(), X, name, target=0, **options)


def test_path_and_game_methods_agree_on_a_linear_network():
    expected = torch.zeros_like(X)
    expected[:, 0, 0, :2] = 3 * X[:, 0, 0, :2]
    expected[:, 1, 0, :2] = X[:, 1, 0, :2]
    ig = explained("integrated-gradients", baseline="black")
    torch.testing.assert_close(ig.attribution, expected)
    groups = explained("shapley-sampling", baseline="black", segmenter=HALVES.expand(2, -1, -1, -1))
    assert groups.attribution.shape == (2, 6)
    torch.testing.assert_close(groups.attribution[:, 0], expected.flatten(1).sum(1))
    assert groups.attribution[:, 1:].abs().max() < 1e-5
    assert groups.on_inputs(X.shape[1:]).shape == (2, 1, 3, 4, 4)


def test_occlusion_is_one_value_a_place():
    ex = explained("occlusion", baseline="black", window=1, stride=1)
    assert (ex.level, ex.attribution.shape) == ("spatial", (2, 1, 3, 4, 4))
    worth = 3 * X[:, 0, 0, :2] + X[:, 1, 0, :2]
    torch.testing.assert_close(ex.attribution[:, 0, 0, :2], worth)
    assert ex.attribution[:, :, 1:].abs().max() == 0


@pytest.mark.parametrize("metric", ["relevance-mass", "relevance-rank", "pointing-game", "gt-auc"])
def test_the_truth_is_one_of_places(metric):
    ex = explained("input-x-gradient")
    assert xaiplug.score(Corner(), X, ex, metric, relevant=TRUTH).values.tolist() == [1, 1]


def test_a_grid_cuts_cubes():
    ex = explained("kernel-shap", baseline="black", segmenter=("grid", {"patch": 2}))
    assert ex.attribution.shape == (2, 8)
    assert ex.groups.labels[0, :, 0, 0].tolist() == [0, 0, 4]


def test_deletion_takes_cubes():
    ex = explained("input-x-gradient")
    found = xaiplug.score(Corner(), X, ex, "deletion", baseline="black", by="patch", patch=2, steps=4)
    assert found.curve.shape == (2, 5)
    assert found.curve[:, -1].tolist() == [0.5, 0.5]
    assert found.curve[:, 0].min() > 0.9


def test_what_needs_images_says_so_and_how_to_group():
    with pytest.raises(ComponentError, match=r"give a label map \(2, 3, 4, 4\)"):
        explained("kernel-shap", baseline="black", segmenter="slic")
    with pytest.raises(ShapeError, match="explains images"):
        explained("grad-cam")


def test_the_strongest_slice_is_drawn_and_named():
    ex = explained("input-x-gradient")
    figure = ex.plot()
    assert [axes.get_title().split("\n")[0] for axes in figure.axes[:2]] == ["input", "attribution"]
    assert "slice 1 of 3" in figure.axes[0].get_ylabel()
    assert "slice 1 of 3" in ex._repr_html_()
    found = xaiplug.compare(Corner(), X, ["gradient", "occlusion"], target=0, baseline="black")
    assert "slice 1 of 3" in found.plot().axes[0].get_ylabel()
    groups = explained("shapley-sampling", baseline="black", segmenter=HALVES.expand(2, -1, -1, -1))
    assert "slice 1 of 3" in groups.plot(kind="overlay").axes[0].get_ylabel()


def test_as_a_table_every_value_has_its_place():
    frame = explained("gradient").to_pandas()
    assert list(frame.columns[:6]) == ["sample", "target", "channel", "depth", "row", "column"]
    assert len(frame) == X.numel()
