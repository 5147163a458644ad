"""A run's folder in a notebook: exact numbers from a linear network, whose gradient is its weights."""

import math

import pandas as pd
import pytest
import torch

from xaiplug.config import load
from xaiplug.errors import ConfigError, StoreError
from xaiplug.kinds import Watcher
from xaiplug.results import Estimate, Results, per_sample
from xaiplug.run import execute

STUDY = """\
version: 1
name: rows
models: {line: {use: "toy_nets:linear"}}
data: {rows: {use: "toy_nets:rows", limit: 4}}
target: {use: 1}
baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}
explainers: {once: toy-gradient, twice: {use: toy-gradient, params: {factor: 2}}, path: toy-path}
metrics: {size: toy-size, study: toy-study}
plugins: {files: [toy_plugin.py]}
"""
SIZE = 0.6875
"""Mean of the weights 4/8, 5/8, 6/8, 7/8."""


@pytest.fixture
def ran(write):
    """The folder of a run of a study."""

    def run(study=STUDY):
        outcome = execute(load(write(study=study)), Watcher())
        assert outcome.ok
        return outcome.folder

    return run


def test_in_a_prompt_it_is_one_line(ran):
    folder = ran()
    assert repr(Results(folder)) == f"Results({folder}, 12 planned cells)"


def test_means_and_differences_are_paired_by_sample(ran):
    results = Results(ran())
    assert results.mean("once", "size") == Estimate(SIZE, SIZE, SIZE, 4)
    assert results.difference("once", "twice", "size") == Estimate(-SIZE, -SIZE, -SIZE, 4)
    assert f"{results.difference('twice', 'once', 'size', model='line'):+.2f}" == "+0.69 [+0.69, +0.69]"


def test_a_method_is_an_explainer_or_the_whole_text(ran):
    results = Results(str(ran()))
    table = results.per_sample("size")
    assert list(table) == ["once", "path (baseline one)", "path (baseline zero)", "twice"]
    assert results.mean("path (baseline one)", "size").mean == pytest.approx(table["path (baseline one)"].mean())
    assert list(results.per_sample("size", by="explainer")) == ["once", "path", "twice"]
    with pytest.raises(ConfigError, match=r"no results of 'path'; there are 'once', 'path \(baseline one\)', "):
        results.mean("path", "size")
    with pytest.raises(ConfigError, match="no results of metric 'sizes'; did you mean 'size'"):
        results.mean("once", "sizes")
    with pytest.raises(ConfigError, match="no results of model 'lime'; did you mean 'line'"):
        results.per_sample("size", model="lime")


def test_a_whole_studys_value_is_a_models(ran):
    table = Results(ran()).per_sample("study")
    assert table.index.tolist() == [("rows", -1, "line")]
    assert table["once"].tolist() == [SIZE]


def test_costs_are_those_of_a_cell(ran):
    costs = Results(ran()).costs.set_index("explainer").loc["once"]
    assert (costs["samples"], costs["backwards"]) == (4, 4)


def test_explanations_come_with_their_samples_and_model(ran):
    results = Results(ran())
    found = {(one.explainer, one.baseline): one for one in results.explanations()}
    assert list(found) == [("once", ""), ("twice", ""), ("path", "zero"), ("path", "one")]
    one = found["once", ""]
    assert (one.model, one.data, len(one.ids), len(one.explanation)) == ("line", "rows", 4, 4)
    samples = results.samples(one)
    assert tuple(samples.ids) == one.ids
    assert torch.equal(one.explanation.attribution, (torch.arange(4.0, 8) / 8).expand_as(samples.inputs))
    assert results.model("line")(samples.inputs).shape == (4, 2)


def test_data_that_changed_is_noticed(ran):
    folder = ran()
    (folder / "run.yaml").write_text((folder / "run.yaml").read_text().replace("limit: 4", "limit: 3"))
    results = Results(folder)
    with pytest.raises(StoreError, match="data 'rows' has other samples now"):
        results.samples(next(results.explanations()))


def test_a_folder_without_a_run_says_so(tmp_path):
    with pytest.raises(StoreError, match=r"cannot read .*plan\.json.*run the run file first"):
        Results(tmp_path)


def test_curves_are_drawn(ran):
    images = STUDY.replace("linear", "small").replace("rows", "images")
    figure = Results(ran(images.replace("study: toy-study", "kept: {use: toy-removing, baseline: zero}"))).plot("kept")
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["kept: line on images"]


def row(method, sample, value, **more):
    return {"model": "m", "data": "d", "method": method, "sample": sample, "id": str(sample), "value": value} | more


def test_a_table_has_means_over_seeds_and_models_in_the_order_of_the_rows():
    rows = [row("b", 2, 1.0, seed=0), row("b", 2, 3.0, seed=1), row("b", 2, 5.0, model="n"), row("a", 1, math.inf)]
    table = per_sample(pd.DataFrame(rows))
    assert list(table) == ["b", "a"]
    assert table.index.tolist() == [("d", 2, "2"), ("d", 1, "1")]
    assert table["b"].tolist()[0] == 3.0
    assert table.isna().to_numpy().tolist() == [[False, True], [True, True]]
    assert per_sample(pd.DataFrame(rows), by=["method", "model"]).columns.tolist() == [
        ("b", "m"),
        ("b", "n"),
        ("a", "m"),
    ]


def test_models_stand_in_for_the_samples_of_a_study():
    rows = [row("a", -1, value, model=model, id="") for model, value in (("m", 1.0), ("n", 4.0), ("m", 2.0))]
    table = per_sample(pd.DataFrame(rows))
    assert table["a"].tolist() == [1.5, 4.0]
    assert table.index.get_level_values("id").tolist() == ["m", "n"]


def test_an_estimate_is_written_as_python_or_as_the_report_does():
    estimate = Estimate.of([-0.0004, math.nan, -0.0004])
    assert (estimate.count, estimate.certain) == (2, True)
    assert f"{estimate:.3f}" == "-0.000 [-0.000, -0.000]"
    assert estimate.text() == "0.000 [0.000, 0.000]"
    assert estimate.text(4) == "−0.0004 [−0.0004, −0.0004]"
    assert Estimate.of([2.0]).text(1) == "2.0 [–, –]"
    assert Estimate.of([math.nan], minus=[1.0]).text() == "– [–, –]"


def test_a_difference_leaves_out_what_has_no_partner():
    estimate = Estimate.of([3.0, 1.0, math.nan], minus=[1.0, math.nan, 0.0])
    assert (estimate.mean, estimate.count, estimate.certain) == (2.0, 1, False)
