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
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.view.colours import signed_map
from xaiplug.view.plots import plot_curves, plot_explanation, plot_methods

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


IMAGES = Explanation(MAPS, "input")


@pytest.mark.parametrize("kind", ["heat", "overlay", "outline", "curve"])
def test_one_kind_is_one_drawing_a_sample(kind):
    figure = IMAGES.plot(INPUTS, kind=kind, samples=2)
    drawn = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert len(drawn) == 2


def test_an_overlay_is_clear_where_the_map_is_zero():
    maps = MAPS.clone()
    maps[:, :, :4] = 0
    layers = Explanation(maps, "input").plot(INPUTS, kind="overlay", samples=1).axes[0].get_images()
    alpha = layers[1].get_alpha()
    assert (alpha[:4] == 0).all()
    assert (alpha[4:] > 0).any()


def test_an_outline_holds_the_tenth_that_counts_most_by_sign():
    maps = torch.zeros(1, 1, 10, 10)
    maps[0, 0, 0, :5], maps[0, 0, 9, :5] = 2.0, -3.0
    axes = Explanation(maps, "input").plot(torch.rand(1, 3, 10, 10), kind="outline").axes[0]
    colours = {tuple(c.get_colors()[0].round(2)) for c in axes.collections if len(c.get_segments())}
    assert {(0.7, 0.09, 0.17, 1.0), (0.13, 0.4, 0.67, 1.0)} <= colours
    assert sum(len(c.get_segments()) for c in axes.collections) == 2 * (4 + 4)


def test_a_curve_is_the_share_of_the_strongest_positions():
    line = Explanation(torch.tensor([[3.0, -1.0, 0.0, 0.0]])).plot(kind="curve").axes[0].get_lines()[0]
    np.testing.assert_allclose(line.get_xdata(), [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(line.get_ydata(), [0.75, 1, 1, 1])


def test_a_curve_of_prefixes_is_their_values():
    members = torch.tensor([[[True, False, False, False], [True, True, False, False], [False] * 4]])
    prefixes = SetScores(members, torch.tensor([[0.5, 2.0, torch.nan]]), "prefix")
    explanation = Explanation(torch.randn(1, 4), "group", groups=QUARTERS[slice(0, 1)], sets=prefixes)
    line = explanation.plot(kind="curve").axes[0].get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), [0.5, 2.0])
    assert line.get_xdata().tolist() == [1, 2]


def test_words_are_coloured_by_their_values():
    words = ["the", "cat", "sat"]
    axes = Explanation(torch.tensor([[0.0, 1.0, -1.0]])).plot(kind="words", feature_names=words).axes[0]
    colours = {text.get_text(): text.get_bbox_patch().get_facecolor() for text in axes.texts}
    assert colours["the"] == (1, 1, 1, 1)
    assert colours["cat"][0] > colours["cat"][2]
    assert colours["sat"][2] > colours["sat"][0]


@pytest.mark.parametrize(
    ("explanation", "kind", "why"),
    [
        (IMAGES, "words", "its features lie in a picture; take 'heat'"),
        (IMAGES, "overlay", "it needs the picture"),
        (IMAGES, "sets", "it has no sets"),
        (IMAGES, "order", "it has no order of groups"),
        (Explanation(torch.zeros(1, 3)), "words", "words need feature_names="),
        (Explanation(torch.zeros(1, 3)), "heat", "have no place in a picture; take 'bars'"),
        (IMAGES, "heatmap", "no kind of drawing 'heatmap'; did you mean 'heat'"),
    ],
)
def test_what_cannot_be_drawn_says_why_and_what_can(explanation, kind, why):
    with pytest.raises(ComponentError, match=why):
        explanation.plot(kind=kind)


def test_axes_of_the_user_are_drawn_into_and_given_back():
    figure = Figure()
    axes = figure.subplots(1, 2)
    assert IMAGES.plot(INPUTS, kind="overlay", axes=axes) is axes
    assert [len(one.get_images()) for one in axes] == [2, 2]
    assert IMAGES.plot(axes=axes[0]) is axes[0]
    with pytest.raises(ShapeError, match="4 axes and 3 samples"):
        IMAGES.plot(axes=Figure().subplots(1, 4))


def test_methods_side_by_side_share_a_scale_when_asked():
    both = {"one": IMAGES, "ten times": Explanation(10 * MAPS, "input")}
    own, shared = (
        [axes.get_title().split("\n")[-1] for axes in plot_methods(both, INPUTS, scale=scale, samples=1).axes[1:3]]
        for scale in ("own", "shared")
    )
    assert own[0] != own[1]
    assert shared == [own[1], own[1]]


def test_methods_of_other_samples_are_no_comparison():
    with pytest.raises(ShapeError, match="'one' 3, 'other' 2"):
        plot_methods({"one": IMAGES, "other": Explanation(MAPS[:2], "input")})
