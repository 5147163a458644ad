"""Which samples a run takes, and what it explains of them."""

import pandas as pd
import pytest
import torch

import xaiplug
from xaiplug.run import read_plan

ONE = ("models={small: {use: 'toy_nets:small'}}",)


def results(outcome):
    return pd.read_parquet(outcome.results)


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
