"""Where cells are computed: on a machine with GPUs (declared ones), at an address, nowhere."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import dask
import pytest

from xaiplug import component
from xaiplug.errors import ComponentError, EngineError
from xaiplug.kinds import Job, Watcher, Work
from xaiplug.testing.engine import toys
from xaiplug_dask.cluster import gpus_here
from xaiplug_dask.engine import Dask

WHERE = "xaiplug.testing.acts:where"


def jobs(count, workers=1, **needs):
    return tuple(Job(f"{sorted(needs)}{n}", (str(workers),), needs=needs) for n in range(count))


def test_a_job_with_a_model_is_given_a_gpu_and_no_two_workers_have_the_same(tmp_path):
    before = dict(os.environ)
    here, with_model = tmp_path / "here", jobs(8, workers=3, model="m")
    here.mkdir()
    told = Dask(workers=3, gpus=2).run(Work(str(here), with_model + jobs(8, workers=3), WHERE), Watcher())
    where = {done.job: done.cells[0].split(" ") for done in told}
    assert len(where) == 16
    assert {gpu for _, gpu in (where[job.id] for job in with_model)} == {"0", "1"}
    assert len({process for process, _ in where.values()}) == len({gpu for _, gpu in where.values()}) == 3
    assert dict(os.environ) == before


def test_gpus_are_those_that_a_run_in_this_process_could_use(monkeypatch):
    monkeypatch.delenv("XAIPLUG_DEVICE", raising=False)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 3)
    assert gpus_here() == ["0", "1", "2"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,GPU-a,7")
    assert gpus_here() == ["5", "GPU-a", "7"]
    monkeypatch.setenv("XAIPLUG_DEVICE", "cuda:1")
    assert gpus_here() == ["GPU-a"]
    monkeypatch.setenv("XAIPLUG_DEVICE", "cpu")
    assert gpus_here() == []


def test_workers_must_save_what_it_takes_to_start_them():
    assert [Dask(workers=2).worthwhile(seconds) for seconds in (0, 19, 21)] == [False, False, True]
    assert [Dask(workers=10).worthwhile(seconds) for seconds in (11, 12)] == [False, True]
    assert not Dask(workers=1).worthwhile(1e9)
    assert Dask(workers=1, least=0.0).worthwhile(0)
    assert Dask(address="tcp://host:1").worthwhile(11)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"address": "tcp://a:1", "scheduler_file": "s.json"}, "give address or scheduler_file, not both"),
        ({"address": "tcp://a:1", "gpus": 1}, "start them with --resources GPU=1"),
    ],
)
def test_what_does_not_go_together_is_refused(params, message):
    with pytest.raises(ComponentError, match=message):
        component("engine", "dask", **params)


def test_an_address_where_no_scheduler_is():
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.2s"}),
        pytest.raises(EngineError, match=r"no scheduler at tcp://127.0.0.1:9 .*start one with: dask scheduler"),
    ):
        list(Dask(address="tcp://127.0.0.1:9").run(Work("", jobs(1)), Watcher()))


def test_workers_that_lack_what_jobs_call_are_told():
    with pytest.raises(EngineError, match=r"dask: worker .* cannot begin: .*No module named 'nowhere'"):
        list(Dask(workers=1, least=0.0).run(Work("", jobs(1), "nowhere:tell"), Watcher()))


@pytest.fixture
def started(tmp_path):
    """Start `dask scheduler` or `dask worker` with a scheduler's file; the process."""
    processes = []

    def start(what, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--scheduler-file", str(tmp_path / "s.json")]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        processes.append(
            subprocess.Popen([*command, *options], env=os.environ | {"PYTHONPATH": str(tmp_path)}, **quiet)
        )
        return processes[-1]

    yield start
    for process in reversed(processes):
        process.kill()
        process.wait()


def test_a_lost_scheduler_ends_what_is_left(started, tmp_path):
    scheduler = started("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    started("worker", "--no-nanny", "--no-dashboard", "--nthreads", "1")
    engine = Dask(scheduler_file=str(tmp_path / "s.json"), patience=60.0)
    with closing(engine.run(Work(str(tmp_path), jobs(5_000), WHERE), Watcher())) as told:
        assert next(told).cells
        scheduler.kill()
        with pytest.raises(EngineError, match=r"the scheduler at .* is lost"):
            list(told)


STUDY = """\
version: 1
name: {name}
models: {{one: {{use: "xaiplug.testing.engine.toys:network"}}}}
data: {{test: {{use: "xaiplug.testing.engine.toys:images"}}}}
explainers: {{e: {{use: kit-steep, params: {{seconds: 0.2}}, grid: {{factor: {factors}}}}}}}
metrics: {{size: kit-size}}
plugins: {{files: [{toys}]}}
"""


def study(folder, name, factors):
    (folder / "run.yaml").write_text(STUDY.format(name=name, factors=[float(f) for f in factors], toys=toys.__file__))


def command(*options):
    return [str(Path(sys.executable).with_name("xaiplug")), "run", "run.yaml", *options]


WORKERS = ("--engine", "dask", "--set", "engine.params={workers: 2, least: 0}")


def listen():
    """Take Ctrl-C also where the tests run in the background of a shell, which has it ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_ctrl_c_ends_a_run_as_it_does_a_serial_one_and_another_engine_goes_on(tmp_path):
    study(tmp_path, "toy", range(50))
    cells = tmp_path / "runs" / "toy" / "cells"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    run = subprocess.Popen(command(*WORKERS), cwd=tmp_path, start_new_session=True, preexec_fn=listen, **pipes)
    end = time.monotonic() + 60
    while time.monotonic() < end and not (cells.is_dir() and len(list(cells.glob("[!.]*"))) > 4):
        time.sleep(0.05)
    assert run.poll() is None, "it ended before it could be interrupted"
    os.killpg(run.pid, signal.SIGINT)
    _, told = run.communicate(timeout=30)
    assert run.returncode == 130
    assert told.splitlines()[-1] == "interrupted; what is finished is kept, the same command goes on from there"
    assert "Traceback" not in told
    there = len(list(cells.glob("[!.]*")))
    again = subprocess.run(command(), cwd=tmp_path, check=True, **pipes)
    assert f"{100 - there} cells done, {there} were there, 0 failed" in again.stderr
    study(tmp_path, "whole", range(50))
    subprocess.run(command(*WORKERS), cwd=tmp_path, check=True, **pipes)
    results = [(tmp_path / "runs" / name / "results.parquet").read_bytes() for name in ("toy", "whole")]
    assert results[0] == results[1]
