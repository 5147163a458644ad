"""What fails says why, harms nothing else, and is tried again."""

import errno
import os
from pathlib import Path

import pandas as pd
import pytest

from xaiplug.config import load
from xaiplug.errors import ConfigError, StoreError
from xaiplug.kinds import Watcher
from xaiplug.run import execute, study_of

ONE = ("models={small: {use: 'toy_nets:small'}}",)


def results(outcome):
    return pd.read_parquet(outcome.results)


def test_a_cell_that_fails_harms_no_other_and_is_tried_again(run, here, study):
    outcome = run(
        *ONE, more="runs: [{}]\n", study=study.replace("g: toy-gradient", "g: toy-gradient\n  bad: toy-broken")
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


def test_errors_of_cells_that_are_no_longer_asked_for_go(run, study):
    outcome = run(*ONE, study=study.replace("g: toy-gradient", "g: toy-gradient\n  bad: toy-broken"))
    assert list((outcome.folder / "failed").iterdir())
    assert not list((run(*ONE).folder / "failed").iterdir())


@pytest.mark.parametrize(
    ("how", "message"),
    [("nan", "the attribution of sample 0, 1, 2, 3 has NaN or infinity"), ("shape", "does not fit the query")],
)
def test_an_explainer_that_returns_rubbish_fails_alone(run, how, message, study):
    broken = f"g: toy-gradient\n  bad: {{use: toy-broken, params: {{how: {how}}}}}"
    outcome = run(*ONE, study=study.replace("g: toy-gradient", broken))
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
