"""Whole runs in one process."""

import errno
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch

import xaiplug
from xaiplug.config import load
from xaiplug.data.result import MetricResult
from xaiplug.errors import ConfigError, StoreError
from xaiplug.kinds import Watcher
from xaiplug.model.passes import chunks
from xaiplug.run import execute, read_plan, run_cell, study_of
from xaiplug.run.collect import collect
from xaiplug.run.compute import _joined
from xaiplug.run.execute import Outcome
from xaiplug.run.store import Store

STUDY = """\
version: 1
name: toy
models: {small: {use: "toy_nets:small"}, other: {use: "toy_nets:small", params: {seed: 5}}}
data: {test: {use: "toy_nets:images", limit: 4}}
segmenters: {halves: toy-halves}
baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}
imputers: {fill: toy-fill}
explainers:
  g: toy-gradient
  ig: {use: toy-path, grid: {steps: [2, 4]}, baseline: one}
  occ: {use: toy-groups, baseline: zero}
  noise: toy-noise
metrics: {size: toy-size, inside: toy-inside, removing: {use: toy-removing, baseline: zero}, study: toy-study}
plugins: {files: [toy_plugin.py]}
"""


@pytest.fixture
def run(write):
    """Run a study with overrides; its outcome."""

    def ran(*settings, more="", study=STUDY):
        return execute(load(write(more, study), settings), Watcher())

    return ran


@pytest.fixture
def log(here, monkeypatch):
    """What the toys noted so far."""
    path = here / "log.txt"
    monkeypatch.setenv("TOY_LOG", str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []


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


def test_a_cell_that_fails_harms_no_other_and_is_tried_again(run, here):
    outcome = run(
        *ONE, more="runs: [{}]\n", study=STUDY.replace("g: toy-gradient", "g: toy-gradient\n  bad: toy-broken")
    )
    assert not outcome.ok
    (failure,) = outcome.failures
    assert failure.cell == "explain small test bad seed=0"
    assert failure.error == "RuntimeError: the toy is broken"
    assert failure.waiting == outcome.blocked == 4
    error = (outcome.folder / "failed" / failure.id / "error.txt").read_text()
    assert "the toy is broken" in error
    assert "Traceback" in error
    assert [one["error"] for one in study_of(outcome.folder).failures] == ["RuntimeError: the toy is broken"]
    assert set(results(outcome).explainer) == {"g", "ig[steps=2]", "ig[steps=4]", "occ", "noise"}
    (here / "mended").touch()
    again = execute(load(Path("run.yaml"), ONE), Watcher())
    assert again.ok
    assert again.done == 5
    assert not (outcome.folder / "failed" / failure.id).exists()


def test_errors_of_cells_that_are_no_longer_asked_for_go(run):
    outcome = run(*ONE, study=STUDY.replace("g: toy-gradient", "g: toy-gradient\n  bad: toy-broken"))
    assert list((outcome.folder / "failed").iterdir())
    assert not list((run(*ONE).folder / "failed").iterdir())


@pytest.mark.parametrize(
    ("how", "message"),
    [("nan", "the attribution of sample 0, 1, 2, 3 has NaN or infinity"), ("shape", "does not fit the query")],
)
def test_an_explainer_that_returns_rubbish_fails_alone(run, how, message):
    broken = f"g: toy-gradient\n  bad: {{use: toy-broken, params: {{how: {how}}}}}"
    outcome = run(*ONE, study=STUDY.replace("g: toy-gradient", broken))
    (failure,) = outcome.failures
    assert message in failure.error


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("toy_nets:Raising", "raised on an input of (4, 2, 6, 6)"),
        ("toy_nets:NaNs", "returned NaN or infinity for sample"),
        ("toy_nets:nothing", "cannot be imported"),
        ("toy_nets:images", "gave Samples; expected a torch.nn.Module"),
    ],
)
def test_a_model_that_fails_harms_no_other(run, reference, message):
    outcome = run(f"models.other.use={reference}", "models.other.params={}")
    assert {failure.cell.split()[1] for failure in outcome.failures} == {"other"}
    assert message in outcome.failures[0].error
    assert set(results(outcome).model) == {"small"}


def test_images_of_the_wrong_dtype_say_so(run, here):
    with (here / "toy_nets.py").open("a") as file:
        file.write(
            "\ndef bytes_():\n    return xaiplug.Samples(torch.zeros(2, 2, 6, 6).byte(), torch.zeros(2).long())\n"
        )
    outcome = run(*ONE, "data.test.use=toy_nets:bytes_")
    assert "inputs must be floating point, got torch.uint8; divide by 255" in outcome.failures[0].error


def test_data_that_cannot_be_read_is_told_before_anything_runs(run):
    with pytest.raises(ConfigError, match="cannot be imported"):
        run("data.test.use=toy_nets:nothing")
    assert not Path("runs").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(run, here):
    (here / "runs").mkdir(mode=0o500)
    with pytest.raises(StoreError, match=r"cannot write into .*choose a folder"):
        run()


def test_a_read_only_disk(run, monkeypatch):
    from xaiplug.run import store

    def refused(*_, **__):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(store.tempfile, "TemporaryFile", refused)
    with pytest.raises(StoreError, match=r"Read-only file system; choose a folder"):
        run()


def test_a_folder_that_is_a_file(run, here):
    (here / "runs").write_text("")
    with pytest.raises(StoreError, match=r"cannot write into .*choose a folder"):
        run()


def test_filters(run):
    outcome = run(*ONE, "data.test={use: 'toy_nets:images', params: {n: 20}, tag: even, per_class: 2, limit: 5}")
    frame = results(outcome)
    assert sorted(set(frame[frame["sample"] >= 0]["sample"])) == [0, 2, 4, 6, 8]
    assert set(frame["id"]) == {"", "0", "2", "4", "6", "8"}


def test_keep_depends_on_the_model(run, here):
    outcome = run("data.test={use: 'toy_nets:images', params: {n: 30}, keep: correct}")
    frame = results(outcome)
    import toy_nets

    samples = toy_nets.images(n=30)
    for name, model in {"small": toy_nets.small(), "other": toy_nets.small(5)}.items():
        with torch.no_grad():
            right = (model(samples.inputs).argmax(1) == samples.labels).nonzero().flatten().tolist()
        rows = frame[(frame.model == name) & (frame["sample"] >= 0)]
        assert sorted(set(rows["sample"])) == right


@pytest.mark.parametrize(
    ("settings", "who"),
    [
        (["data.test.keep=correct"], "keep: correct or top-k"),
        (["data.test.keep=top-2"], "keep: correct or top-k"),
        (["data.test.per_class=1"], "per_class"),
        (["target.use=label"], "target: label"),
    ],
)
def test_what_needs_labels_says_so_where_there_are_none(run, here, settings, who):
    nets = (here / "toy_nets.py").read_text()
    (here / "toy_nets.py").write_text(
        f"{nets}\n\ndef unsorted():\n    made = images()\n    made.labels[1::2] = -1\n    return made\n"
    )
    found = run(*ONE, "data.test={use: 'toy_nets:unsorted'}", *settings).failures
    assert f"{who} needs the label of every sample, and 5 of 10 have none (sample 1, 3, 5, 7, 9)" in found[0].error
    assert not run(*ONE, "data.test={use: 'toy_nets:unsorted'}").failures


def test_no_sample_left_and_an_unknown_column_say_so(run):
    assert "has no column 'evn'; did you mean 'even'?" in run(*ONE, "data.test.tag=evn").failures[0].error
    found = run(*ONE, "data.test.params={n: 1}", "data.test.keep=correct", "models.small.params.seed=1").failures
    assert not found or "none of 1 samples passes" in found[0].error


def test_targets(run):
    outcome = run(*ONE, "explainers={g: {use: toy-gradient}, l: {use: toy-gradient, target: label}}", "target=2")
    cells = [cell for cell, entry in read_plan(outcome.folder).items() if entry["kind"] == "explain"]
    found = [xaiplug.Explanation.load(outcome.folder / "cells" / cell / "explanation.safetensors") for cell in cells]
    assert found[0].target.index.tolist() == [2, 2, 2, 2]
    assert found[1].target.index.tolist() == [0, 1, 2, 0]
    assert found[0].meta["target"] == 2


def test_what_is_read_of_a_models_output(run, here):
    asked = (*ONE, "explainers={g: toy-gradient}", "metrics={}")
    outcome = run(*asked, "models.small.reads={difference: [1, 0]}")
    assert not outcome.failures
    (found,) = (xaiplug.Explanation.load(path) for path in here.rglob("explanation.safetensors"))
    logits = xaiplug.load_model("toy_nets:small")(xaiplug.load_data("toy_nets:images").inputs[:4])
    assert torch.allclose(found.score, logits[:, 1] - logits[:, 0], atol=1e-5)
    run(*asked)
    assert len([*here.rglob("explanation.safetensors")]) == 2  # another reading is another network
    (wrong,) = run(*asked, "models.small.reads={region: {rows: [0, 1], columns: [0, 1]}}").failures
    assert "a region is read of a segmentation" in str(wrong)


def test_models_are_compared_on_the_samples_that_they_share(run):
    study = STUDY.replace("metrics: {", "metrics: {agree: toy-agreement, ").replace(
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


def test_retraining(run, here, monkeypatch):
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
    study = STUDY.replace("metrics: {", "metrics: {roar: toy-retrained, ")
    explainers = "explainers={o: {use: toy-groups, baseline: zero}}"
    outcome = run("models={m: 'task:fake'}", explainers, "seeds=[3, 5]", study=study)
    assert outcome.ok, outcome.failures
    frame = results(outcome)
    rows = frame[frame.metric == "roar"]
    assert rows[["explainer", "seed", "sample", "value"]].values.tolist() == [["o", 3, -1, 3.0], ["o", 5, -1, 2.0]]
    assert {curve.metric for curve in study_of(outcome.folder).curves} == {"removing", "roar"}


def test_groups_are_left_to_the_model_without_a_segmenters_section(run):
    study = STUDY.replace("segmenters: {halves: toy-halves}\n", "")
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

    joined = _joined([(2, part([0.0, 0.5, 1.0])), (2, part([0.0, 0.5, 1.0]))])
    assert (joined.values.tolist(), joined.curve.shape) == ([1.0] * 4, (4, 3))
    assert _joined([(2, part([0.0, 0.5, 1.0])), (2, part([0.0, 0.4, 1.0]))]) is None
    assert _joined([(3, part([0.0, 1.0])), (2, part([0.0, 1.0]))]) is None
