"""`xaiplug.compare`: several methods, one call."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError

INPUTS = torch.rand(4, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)).eval()


def test_it_is_what_explain_and_score_say_one_by_one():
    model = network()
    found = xaiplug.compare(model, INPUTS, ["gradient", "integrated-gradients"], ["deletion"], baseline="black")
    assert list(found.explanations) == ["gradient", "integrated-gradients"]
    alone = xaiplug.explain(model, INPUTS, "integrated-gradients", baseline="black")
    torch.testing.assert_close(
        found.explanations["integrated-gradients"].attribution, alone.attribution, rtol=0, atol=0
    )
    measured = xaiplug.score(model, INPUTS, alone, "deletion")
    torch.testing.assert_close(found.scores["deletion"]["integrated-gradients"].values, measured.values, rtol=0, atol=0)
    rows = found.study.results
    assert len(rows) == 2 * 4
    assert rows[rows["explainer"] == "integrated-gradients"]["value"].tolist() == measured.values.tolist()
    costs = found.study.timings.set_index("explainer")["forwards"]
    assert costs["integrated-gradients"] == alone.meta["forwards"]


def test_every_method_explains_the_same_classes():
    found = xaiplug.compare(network(), INPUTS, ["gradient", "grad-cam"], target=[0, 1, 2, 0])
    for explanation in found.explanations.values():
        assert explanation.target is not None
        assert explanation.target.index.tolist() == [0, 1, 2, 0]


def test_a_setting_goes_to_whom_it_concerns_and_to_nobody_is_an_error():
    found = xaiplug.compare(network(), INPUTS, ["gradient", "kernel-shap"], segmenter="grid")
    assert set(found.explanations) == {"gradient", "kernel-shap"}
    with pytest.raises(ComponentError, match="'segmenter' is given, and nothing of 'gradient' uses it"):
        xaiplug.compare(network(), INPUTS, ["gradient"], segmenter="grid")


def test_two_of_one_name_want_titles():
    ways = {"5": ("integrated-gradients", {"steps": 5}), "50": ("integrated-gradients", {"steps": 50})}
    found = xaiplug.compare(network(), INPUTS, ways)
    assert found.table().index.tolist() == ["5", "50"]
    with pytest.raises(ComponentError, match="more than one explainer of that name; give titles"):
        xaiplug.compare(network(), INPUTS, ["gradient", "gradient"])
    with pytest.raises(ComponentError, match=r"give a list of explainers, such as \['gradient'\]"):
        xaiplug.compare(network(), INPUTS, "gradient")


def test_one_that_fails_is_named_and_the_others_go_on():
    class Broken(xaiplug.Explainer):
        def explain(self, query):
            raise ComponentError("no such luck")

    with pytest.warns(UserWarning, match="Broken failed: no such luck"):
        found = xaiplug.compare(network(), INPUTS, [Broken(), "gradient"], ["deletion"])
    assert list(found.explanations) == ["gradient"]
    assert [one["explainer"] for one in found.failures] == ["Broken"]
    assert "no such luck" in found._repr_html_()
    with pytest.raises(ComponentError, match="no such luck"):
        xaiplug.compare(network(), INPUTS, [Broken()])


def test_the_table_names_the_best_only_where_one_can_be_told_apart():
    relevant = torch.zeros(4, 8, 8, dtype=torch.bool)
    relevant[:, :3, :3] = True

    class Right(xaiplug.Explainer):
        def explain(self, query):
            return xaiplug.Explanation(relevant.float().unsqueeze(1).expand_as(query.inputs))

    class Wrong(xaiplug.Explainer):
        def explain(self, query):
            return xaiplug.Explanation((~relevant).float().unsqueeze(1).expand_as(query.inputs))

    found = xaiplug.compare(network(), INPUTS, [Wrong(), Right()], ["relevance-mass"], relevant=relevant)
    table = found.table()
    assert table.columns.tolist() == ["relevance-mass ↑"]
    assert table.loc["Right"].item().endswith(" *")
    assert table.loc["Wrong"].item().startswith("0")
    same = xaiplug.compare(
        network(), INPUTS, {"one": Right(), "other": Right()}, ["relevance-mass"], relevant=relevant
    ).table()
    assert not any("*" in cell or "~" in cell for cell in same["relevance-mass ↑"])


def test_it_is_drawn_and_written(tmp_path):
    found = xaiplug.compare(network(), INPUTS, ["gradient", "occlusion"], ["deletion"])
    titles = [axes.get_title().split("\n")[0] for axes in found.plot(samples=2).axes]
    assert titles[:3] == ["input", "gradient", "occlusion"]
    limits = [axes.get_title().split("\n")[-1] for axes in found.plot(samples=1, scale="shared").axes[1:3]]
    assert limits[0] == limits[1]
    assert len(found.curves().axes) == 1
    page = found.report(tmp_path / "page.html").read_text()
    assert "occlusion" in page
    assert "deletion" in page
    assert found._repr_html_().count("<img") == 1
    assert repr(found) == "Comparison(2 methods, 1 metric, 4 samples)"


def test_rows_are_compared_as_bars():
    rows = torch.rand(3, 5, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = xaiplug.compare(nn.Linear(5, 2), rows, ["gradient", "integrated-gradients"])
    assert [axes.get_title() for axes in found.plot(samples=1).axes] == ["gradient", "integrated-gradients"]
    assert len(found.plot(samples=1).axes[0].patches) == 5
    assert found._repr_html_().count("<img") == 1
