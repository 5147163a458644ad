from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.target import Target
from xaiplug.errors import ShapeError
from xaiplug.view.colours import signed_map
from xaiplug.view.plots import plot_curves, plot_explanation

INPUTS = torch.rand(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
MAPS = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(1))
QUARTERS = FeatureGroups.from_labels((torch.arange(8)[:, None] // 4 * 2 + torch.arange(8) // 4).expand(3, 8, 8))


def titles(figure: Figure) -> list[str]:
    return [axes.get_title().split("\n")[0] for axes in figure.axes if axes.get_title()]


def texts(figure: Figure) -> list[str]:
    figure.draw_without_rendering()
    found = [text.get_text() for axes in figure.axes for text in axes.texts]
    return found + [axes.get_ylabel() for axes in figure.axes]


def test_zero_is_white():
    assert signed_map()(0.5) == (1, 1, 1, 1)
    red, blue = signed_map()(0.8), signed_map()(0.2)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_an_image_has_its_input_and_its_map_on_a_symmetric_scale():
    figure = plot_explanation(Explanation(MAPS, "input"), INPUTS, samples=2)
    assert titles(figure)[:2] == ["input", "attribution"]
    images = [axes.get_images()[0] for axes in figure.axes[:4]]
    assert images[1].get_clim() == (-1, 1)
    np.testing.assert_allclose(np.abs(images[1].get_array()).max(), 1)


def test_samples_bounds_the_rows_and_class_names_label_them():
    target = Target(torch.tensor([2, 0, 1]))
    explanation = Explanation(MAPS, "input", target, score=torch.tensor([1.5, 0.0, 0.0]))
    found = texts(plot_explanation(explanation, INPUTS, samples=2, class_names=("cat", "dog", "fox")))
    assert "fox\nlogit 1.5" in found
    assert "cat\nlogit 0" in found
    assert not any("dog" in text for text in found)
    assert "class 2\nlogit 1.5" in texts(plot_explanation(explanation))


def test_the_truth_is_outlined_on_input_and_map():
    relevant = torch.zeros(3, 8, 8, dtype=torch.bool)
    relevant[:, 2:4, 2:4] = True
    figure = plot_explanation(Explanation(MAPS, "input"), INPUTS, relevant=relevant, samples=1)
    assert [len(axes.collections) for axes in figure.axes[:2]] == [2, 2]


def test_sets_are_outlined_with_their_scores_and_orders_numbered():
    members = torch.zeros(3, 1, 4, dtype=torch.bool)
    members[:, 0, 1] = True
    explanation = Explanation(
        torch.randn(3, 4),
        "group",
        groups=QUARTERS,
        sets=SetScores(members, torch.full((3, 1), -0.25)),
        order=torch.tensor([[3, 0, -1]] * 3),
    )
    figure = plot_explanation(explanation, INPUTS, samples=1)
    assert titles(figure) == ["input", "attribution", "strongest sets", "order of choice"]
    assert {"−0.25", "1", "2"} <= set(texts(figure))


def test_coarse_maps_are_drawn_at_the_size_of_the_input():
    figure = plot_explanation(Explanation(torch.randn(3, 1, 2, 2), "spatial"), INPUTS, samples=1)
    assert figure.axes[1].get_images()[0].get_array().shape == (8, 8)


@pytest.mark.parametrize("shape", [(2, 5), (2, 5, 16)])
def test_rows_and_embeddings_are_bars(shape):
    values = torch.randn(*shape)
    figure = plot_explanation(Explanation(values, "input"), feature_names=["the", "cat", "sat", "on", "mats"])
    bars = [bar.get_width() for bar in figure.axes[0].patches]
    expected = values if values.ndim == 2 else values.sum(-1)
    np.testing.assert_allclose(bars, expected[0], rtol=1e-6)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["the", "cat", "sat", "on", "mats"]


def test_many_features_show_the_strongest():
    figure = plot_explanation(Explanation(torch.arange(100.0)[None], "input"))
    assert len(figure.axes[0].patches) == 24
    assert "the 24 strongest of 100" in figure.axes[0].get_title()


def test_unplaced_groups_are_bars_without_their_padding():
    figure = plot_explanation(Explanation(torch.tensor([[1.0, torch.nan, -2.0]]), "group"))
    assert [bar.get_width() for bar in figure.axes[0].patches] == [1, -2]


def test_an_explanation_of_nothing_can_be_drawn():
    assert plot_explanation(Explanation(torch.zeros(0, 1, 4, 4), "input")).axes == []


def test_a_map_of_zeros_can_be_drawn():
    plot_explanation(Explanation(torch.zeros(1, 1, 4, 4), "input")).draw_without_rendering()


def test_inputs_of_another_batch_are_refused():
    with pytest.raises(ShapeError, match="inputs has 2 samples, the explanation 3"):
        plot_explanation(Explanation(MAPS, "input"), INPUTS[:2])


def test_the_notebook_shows_it_by_itself():
    figure = Explanation(MAPS, "input").plot(INPUTS, samples=1)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_curves_have_a_chart_per_metric_and_a_line_per_explainer(study):
    figure = plot_curves(study.curves)
    assert [axes.get_title(loc="left").split(":")[0] for axes in figure.axes] == ["deletion", "insertion"]
    assert [len(axes.get_lines()) for axes in figure.axes] == [6, 6]
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels[0] == "integrated-gradients"


def test_pyplot_is_never_imported():
    code = "import sys, xaiplug.view.plots, xaiplug.view.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
