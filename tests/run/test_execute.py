"""Whole runs in one process."""

import json
import os
import shutil

import pandas as pd
import pytest
import torch

import xaiplug
from xaiplug.data.joining import joined_results
from xaiplug.data.result import MetricResult
from xaiplug.errors import StoreError
from xaiplug.model.passes import chunks
from xaiplug.run import read_plan, run_cell, study_of
from xaiplug.run.collect import collect
from xaiplug.run.execute import Outcome
from xaiplug.run.store import Store


def results(outcome):
    return pd.read_parquet(outcome.results)


COLUMNS = [
    *("model", "data", "explainer", "segmenter", "baseline", "references", "imputer"),
    *("metric", "seed", "sample", "id", "value", "better", "unit"),
]

ONE = ("models={small: {use: 'toy_nets:small'}}",)


def test_results_have_the_columns_of_the_design_and_are_sorted(run):
    outcome = run("seeds=[1, 0]")
    assert outcome.ok
    frame = results(outcome)
    assert list(frame.columns) == COLUMNS
    assert frame.equals(frame.sort_values(list(frame.columns[:10]), kind="stable").reset_index(drop=True))
    inside = frame[(frame.metric == "inside") & (frame.explainer == "g")]
    assert set(inside["better"]) == {"higher"}
    assert set(inside["unit"]) == {"share"}
    study = frame[frame.metric == "study"]
    assert set(study["sample"]) == {-1}
    assert set(frame[frame.explainer == "ig[steps=2]"].baseline) == {"one"}
    assert set(frame[frame.explainer == "occ"].segmenter) == {"halves"}


def test_a_runs_numbers_are_those_of_the_notebook(run, here):
    frame = results(run("seeds=[3]"))
    import toy_nets

    model, samples = toy_nets.small(5), toy_nets.images()[:4]
    fill = ("toy-constant", {"value": 0.0})
    cases = {
        "ig[steps=4]": (("toy-path", {"steps": 4}), {"baseline": ("toy-constant", {"value": 1.0})}),
        "occ": ("toy-groups", {"segmenter": "toy-halves", "imputer": "toy-fill", "baseline": fill}),
        "noise": ("toy-noise", {}),
    }
    for label, (explainer, given) in cases.items():
        ex = xaiplug.explain(model, samples.inputs, explainer, seed=3, **given)
        segmenter = {} if label == "occ" else {"segmenter": "toy-halves"}
        expected = {
            "size": xaiplug.score(model, samples.inputs, ex, "toy-size", seed=3),
            "inside": xaiplug.score(model, samples.inputs, ex, "toy-inside", relevant=samples.relevant, seed=3),
            "removing": xaiplug.score(
                model, samples.inputs, ex, "toy-removing", imputer="toy-fill", baseline=fill, seed=3, **segmenter
            ),
        }
        for metric, result in expected.items():
            rows = frame[(frame.model == "other") & (frame.explainer == label) & (frame.metric == metric)]
            assert rows["value"].tolist() == result.values.double().tolist()


def test_a_metric_asks_the_explainer_of_its_cell_again(run, here):
    settings = ("metrics={again: toy-again}", "explainers.g.params.factor=1")
    outcome = run(*settings)
    assert outcome.ok
    frame = results(outcome)
    import toy_nets

    model, samples = toy_nets.small(5), toy_nets.images()[:4]
    fill = ("toy-constant", {"value": 0.0})
    cases = {
        "ig[steps=4]": (("toy-path", {"steps": 4}), {"baseline": ("toy-constant", {"value": 1.0})}),
        "occ": ("toy-groups", {"segmenter": "toy-halves", "imputer": "toy-fill", "baseline": fill}),
        "noise": ("toy-noise", {}),
    }
    for label, (explainer, given) in cases.items():
        ex = xaiplug.explain(model, samples.inputs, explainer, **given)
        expected = xaiplug.score(model, samples.inputs, ex, "toy-again")
        rows = frame[(frame.model == "other") & (frame.explainer == label)]
        assert rows["value"].tolist() == pytest.approx(expected.values.tolist(), rel=1e-6)
        assert (rows["value"] == 0).all() == (label == "noise")  # its draws belong to the samples
    cell = next(c for c in outcome_cells(outcome, "score") if "ig[steps=4]" in c["cell"]["explainer"])
    assert cell["cost"]["forwards"] >= 4 * 4
    stored = pd.read_parquet(outcome.folder / "cells" / cell["id"] / "scores.parquet")
    assert (stored["extras.size"] > 0).all()
    before = {c["id"] for c in outcome_cells(outcome, "score") if c["cell"]["explainer"] == "g"}
    changed = run("metrics={again: toy-again}", "explainers.g.params.factor=2")
    after = {c["id"] for c in outcome_cells(changed, "score") if c["cell"]["explainer"] == "g"}
    assert after > before
    frame = results(changed)
    assert (frame[frame.explainer == "g"]["value"] > 0).all()


def outcome_cells(outcome, kind):
    """`cell.json` of every cell of a kind."""
    found = [json.loads(path.read_text()) for path in (outcome.folder / "cells").glob(f"{kind}-*/cell.json")]
    return sorted(found, key=lambda one: one["id"])


def test_results_do_not_depend_on_the_batch(run, monkeypatch):
    whole = results(run("outputs.dir=runs/a", "data.test.limit=7"))
    monkeypatch.setattr(chunks, "_STUDY_ELEMENTS", 2 * 72)
    parts = results(run("outputs.dir=runs/b", "data.test.limit=7"))
    names = list(whole.columns[:11])
    assert whole[names].equals(parts[names])
    assert torch.allclose(torch.tensor(whole["value"]), torch.tensor(parts["value"]), rtol=1e-5, equal_nan=True)


def test_running_again_computes_nothing_and_changes_no_byte(run, log):
    first = run(*ONE)
    before, noted = first.results.read_bytes(), len(log())
    again = run(*ONE)
    assert (again.done, again.cached) == (0, first.done)
    assert again.results.read_bytes() == before
    assert len(log()) == noted


def test_a_changed_parameter_computes_only_what_depends_on_it(run, log):
    run(*ONE)
    noted = len(log())
    again = run(*ONE, "explainers.g.params.factor=2")
    assert again.done == 1 + 4
    assert [line.split()[0] for line in log()[noted:]] == ["gradient", "size"]


def test_models_are_compared_on_the_samples_that_they_share(run, study):
    study = study.replace("metrics: {", "metrics: {agree: toy-agreement, ").replace(
        "limit: 4", "params: {n: 30}, keep: correct"
    )
    outcome = run("explainers={g: {use: toy-gradient}}", study=study)
    assert outcome.ok
    frame = results(outcome)
    agreed = frame[frame.metric == "agree"]
    both = [set(frame[(frame.model == model) & (frame["sample"] >= 0)]["sample"]) for model in ("small", "other")]
    assert set(agreed["sample"]) == both[0] & both[1]
    assert set(agreed["model"]) == {"small + other"}
    assert agreed["id"].tolist() == agreed["sample"].astype(str).tolist()


def test_a_comparison_has_its_models_in_their_order_and_its_ids_beside_its_samples(run, here):
    frame = results(run("explainers={g: {use: toy-gradient}}", "metrics={minus: toy-minus}"))
    import toy_nets

    samples = toy_nets.images()[:4]
    maps = [
        xaiplug.explain(model, samples.inputs, "toy-gradient").attribution
        for model in (toy_nets.small(), toy_nets.small(5))
    ]
    assert torch.allclose(torch.tensor(frame["value"]).float(), (maps[0] - maps[1]).flatten(1).mean(1), atol=1e-6)
    assert list(zip(frame["sample"], frame["id"], strict=True)) == [(0, "0"), (1, "1"), (2, "2"), (3, "3")]


def test_parameters_are_frozen_while_a_model_is_asked(run):
    metrics = "metrics={size: toy-size, frozen: toy-unfrozen, all: toy-unfrozen-all}"
    outcome = run("explainers={f: {use: toy-unfrozen}}", metrics)
    assert outcome.ok, outcome.failures
    frame = results(outcome)
    assert set(frame["metric"]) == {"size", "frozen", "all"}
    assert set(frame["value"]) == {0.0}


def test_references_draw_from_the_pool_and_rows_need_no_segmenter(run):
    study = """\
version: 1
name: rows
models: {lin: {use: "toy_nets:linear"}}
data: {rows: {use: "toy_nets:rows"}}
pool: {use: "toy_nets:rows", params: {n: 9}}
baselines: {zero: toy-constant}
imputers: {fill: {use: baseline}}
references: {p: toy-pool}
explainers: {r: toy-referring, o: toy-groups}
metrics: {size: toy-size}
plugins: {files: [toy_plugin.py]}
"""
    outcome = run(study=study)
    assert outcome.ok, outcome.failures
    assert set(results(outcome).explainer) == {"r", "o"}


def test_one_cell_at_a_time_from_outside_gives_the_same(run, here):
    whole = run(*ONE)
    before = whole.results.read_bytes()
    for cell in read_plan(whole.folder):
        shutil.rmtree(whole.folder / "cells" / cell)
    score = next(cell for cell in read_plan(whole.folder) if cell.startswith("score"))
    with pytest.raises(StoreError, match="which is not finished; run that first"):
        run_cell(whole.folder, score)
    for cell in read_plan(whole.folder):
        run_cell(whole.folder, cell)
        run_cell(whole.folder, cell)
    assert collect(Store(whole.folder))[0].read_bytes() == before


def test_a_run_outside_of_the_working_directory_is_read_again(run, here, tmp_path_factory):
    """Its folder was chosen by --set, which the run.yaml in it does not say."""
    folder = run(*ONE, f"outputs.dir={tmp_path_factory.mktemp('elsewhere')}").folder
    assert folder.is_absolute()
    assert len(study_of(folder).gallery) == 1
    cell = next(cell for cell in read_plan(folder) if cell.startswith("explain"))
    shutil.rmtree(folder / "cells" / cell)
    run_cell(folder, cell)


def test_a_cell_of_an_older_plan_is_refused(run, here):
    outcome = run(*ONE)
    cell = next(cell for cell in read_plan(outcome.folder) if cell.startswith("explain"))
    shutil.rmtree(outcome.folder / "cells" / cell)
    text = (here / "toy_plugin.py").read_text()
    (here / "toy_plugin.py").write_text(text + "\n# edited\n")
    os.utime(outcome.folder / "run.yaml")
    with pytest.raises(StoreError, match="run the run file again"):
        run_cell(outcome.folder, cell)
    with pytest.raises(StoreError, match="no cell 'explain-nope'"):
        run_cell(outcome.folder, "explain-nope")


def test_a_cell_says_where_it_came_from(run):
    outcome = run(*ONE, "seeds=[4]")
    cell = next(
        cell for cell, e in read_plan(outcome.folder).items() if e["explainer"] == "g" and e["kind"] == "explain"
    )
    stored = json.loads((outcome.folder / "cells" / cell / "cell.json").read_text())
    (component,) = stored["components"]
    assert component["component"] == {"use": "toy_plugin/toy-gradient", "params": {"factor": 1.0}}
    assert component["plugin"] == "toy_plugin"
    assert "On toys" in component["bibtex"]
    assert component["versions"].keys() >= {"xaiplug", "torch"}
    assert stored["seeds"] == [4]
    assert stored["cost"]["forwards"] > 0


def test_the_study_that_is_handed_to_the_report(run):
    outcome = run("seeds=[0, 1]")
    study = study_of(outcome.folder)
    assert study.name == "toy"
    assert len(study.timings) == 2 * 5 * 2
    assert set(study.scorings["metric"]) == set(study.results["metric"])
    assert (study.scorings["seconds"] > 0).all()
    assert {curve.metric for curve in study.curves} == {"removing"}
    assert study.curves[0].values.shape == (4, 3)
    assert {(panel.model, panel.data) for panel in study.gallery} == {("small", "test"), ("other", "test")}
    assert study.gallery[0].maps["ig[steps=2] (baseline one)"].attribution.shape == (4, 2, 6, 6)
    assert {p["name"] for p in study.provenance} >= {"toy-gradient", "toy-halves", "toy-fill", "toy-removing"}
    assert study.failures == []
    assert outcome.report.read_text().startswith("<!")


def test_loading_the_report_of_half_a_run(run):
    outcome = run("models.other.use=toy_nets:Raising", "models.other.params={}")
    study = study_of(outcome.folder)
    assert {failure["model"] for failure in study.failures} == {"other"}
    assert len(study.results) > 0


def test_retraining(run, here, monkeypatch, study):
    monkeypatch.syspath_prepend(here)
    import toy_nets

    from xaiplug.run import compute, workspace
    from xaiplug.sources import tasks

    class Fake(xaiplug.Task):
        def train(self, output, arguments=(), **params):
            raise AssertionError("not asked for")

        def refit(self, output, train, **params):
            raise AssertionError("not asked for")

        def key(self, **params):
            return "key"

        def samples(self, split, *, limit=None, **params):
            return toy_nets.images(split)[:limit]

    for module in (tasks, compute):
        monkeypatch.setattr(module, "task_of", lambda name: Fake())
    monkeypatch.setattr(workspace, "load_model", lambda *_, **__: toy_nets.small())
    monkeypatch.setattr("xaiplug.kinds.task.BoundTask.model", lambda self: toy_nets.small())
    study = study.replace("metrics: {", "metrics: {roar: toy-retrained, ")
    explainers = "explainers={o: {use: toy-groups, baseline: zero}}"
    outcome = run("models={m: 'task:fake'}", explainers, "seeds=[3, 5]", study=study)
    assert outcome.ok, outcome.failures
    frame = results(outcome)
    rows = frame[frame.metric == "roar"]
    assert rows[["explainer", "seed", "sample", "value"]].values.tolist() == [["o", 3, -1, 3.0], ["o", 5, -1, 2.0]]
    assert {curve.metric for curve in study_of(outcome.folder).curves} == {"removing", "roar"}


def test_groups_are_left_to_the_model_without_a_segmenters_section(run, study):
    study = study.replace("segmenters: {halves: toy-halves}\n", "")
    outcome = run(*ONE, study=study)
    assert outcome.ok, outcome.failures
    frame = results(outcome)
    assert set(frame[frame.explainer == "occ"].segmenter) == {"default"}
    assert not [cell for cell in read_plan(outcome.folder) if cell.startswith("segment")]
    cells = read_plan(outcome.folder).items()
    cell = next(cell for cell, entry in cells if (entry["kind"], entry["explainer"]) == ("explain", "occ"))
    stored = json.loads((outcome.folder / "cells" / cell / "cell.json").read_text())
    assert stored["defaults"] == {"segmenter": "grid"}


def test_what_a_reader_opens_is_the_first_view(tmp_path):
    assert Outcome("toy", tmp_path).report is None
    assert Outcome("toy", tmp_path, views=(tmp_path / "one.html", tmp_path / "other.html")).report.name == "one.html"


def test_parts_of_a_study_are_joined_where_their_curves_have_the_same_steps():
    def part(steps):
        return MetricResult(torch.ones(2), "area", torch.ones(2, len(steps)), torch.tensor(steps))

    joined = joined_results([(2, part([0.0, 0.5, 1.0])), (2, part([0.0, 0.5, 1.0]))])
    assert (joined.values.tolist(), joined.curve.shape) == ([1.0] * 4, (4, 3))
    assert joined_results([(2, part([0.0, 0.5, 1.0])), (2, part([0.0, 0.4, 1.0]))]) is None
    assert joined_results([(3, part([0.0, 1.0])), (2, part([0.0, 1.0]))]) is None
