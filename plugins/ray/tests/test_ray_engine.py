"""The engine keeps the contract, in a session of ray that all tests share, with a GPU that is only declared."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import ray

from xaiplug.errors import EngineError
from xaiplug.kinds import Job, Watcher, Work
from xaiplug.testing import engine_checks
from xaiplug.testing.engine import toys
from xaiplug_ray.engine import Ray
from xaiplug_ray.hands import RayHands
from xaiplug_ray.session import STORE, connected
from xaiplug_ray.worker import Worker

WHERE = "xaiplug.testing.acts:where"


@pytest.fixture(scope="module", autouse=True)
def session():
    """A session that the tests share."""
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.CRITICAL}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(num_cpus=3, num_gpus=1, object_store_memory=STORE, **quiet)
    yield
    ray.shutdown()


@pytest.mark.parametrize("check", engine_checks([("ray", {"workers": 2, "num_gpus": 0})]))
def test_conformance(check):
    check()


@pytest.mark.parametrize(
    ("params", "workers", "gpu"),
    [({}, 1, "0"), ({"num_gpus": 0.5}, 2, "0"), ({"num_gpus": 0.0, "workers": 2}, 2, "")],
    ids=["one each", "halves", "none"],
)
def test_each_worker_has_the_gpus_that_were_asked(tmp_path, params, workers, gpu):
    jobs = tuple(Job(f"j{n}", (str(workers),), needs={"model": "m"}) for n in range(6))
    where = [done.cells[0].split(" ") for done in Ray(**params).run(Work(str(tmp_path), jobs, WHERE), Watcher())]
    assert len(where) == 6
    assert len({process for process, _ in where}) == workers
    assert {seen for _, seen in where} == {gpu}


@pytest.mark.parametrize(("ids", "device"), [(["0"], "cuda"), ([], "cuda:3")])
def test_a_worker_sees_its_gpu_alone_whatever_its_number(monkeypatch, ids, device):
    monkeypatch.setenv("XAIPLUG_DEVICE", "cuda:3")
    monkeypatch.setattr(ray, "get_gpu_ids", lambda: ids)
    Worker(gpus=True)
    assert os.environ["XAIPLUG_DEVICE"] == device


def test_a_session_that_is_there_is_used_and_stays():
    with connected("", None):
        assert ray.cluster_resources()["CPU"] == 3
    assert ray.is_initialized()


def test_an_address_where_no_cluster_is(monkeypatch):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with (
        pytest.raises(EngineError, match=r"no cluster at 127.0.0.1:9 \(Connection.*start one with: ray start --head"),
        connected("127.0.0.1:9", None),
    ):
        pass


def test_workers_that_cannot_begin_are_no_lost_ones(monkeypatch):
    class Cannot:
        def __init__(self, **_):
            raise OSError("no driver")

        def begin(self, call):
            """Not reached."""

    monkeypatch.setattr("xaiplug_ray.hands.Worker", Cannot)
    hands = RayHands(WHERE, 1, 0.0)
    with pytest.raises(EngineError, match=r"ray: no worker can begin: OSError: no driver"):
        list(hands.replies(30))


def test_workers_that_lack_what_jobs_call_are_no_lost_ones():
    hands = RayHands("nowhere:tell", 1, 0.0)
    with pytest.raises(EngineError, match=r"ray: no worker can begin: ModuleNotFoundError: No module named 'nowhere'"):
        list(hands.replies(30))


def test_workers_must_save_what_it_takes_to_start_them(monkeypatch):
    assert [Ray().worthwhile(seconds) for seconds in (0, 19, 21)] == [False, False, True]
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    assert [Ray(workers=2).worthwhile(seconds) for seconds in (39, 41)] == [False, True]
    assert not Ray(workers=1).worthwhile(1e9)
    assert Ray(workers=1, least=0.0).worthwhile(0)
    assert Ray(address="auto").worthwhile(21)


STUDY = """\
version: 1
name: {name}
models: {{one: {{use: "xaiplug.testing.engine.toys:network"}}}}
data: {{test: {{use: "xaiplug.testing.engine.toys:images"}}}}
explainers: {{e: {{use: kit-steep, params: {{seconds: 0.2}}, grid: {{factor: {factors}}}}}}}
metrics: {{size: kit-size}}
plugins: {{files: [{toys}]}}
"""
WORKERS = ("--engine", "ray", "--set", "engine.params={workers: 2, least: 0}")


def study(folder, name, factors):
    (folder / "run.yaml").write_text(STUDY.format(name=name, factors=[float(f) for f in factors], toys=toys.__file__))


def command(*options):
    return [str(Path(sys.executable).with_name("xaiplug")), "run", "run.yaml", *options]


@pytest.mark.slow
def test_sigterm_ends_a_run_as_it_does_a_serial_one_and_another_engine_goes_on(tmp_path):
    study(tmp_path, "toy", range(50))
    cells = tmp_path / "runs" / "toy" / "cells"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    run = subprocess.Popen(command(*WORKERS), cwd=tmp_path, **pipes)
    end = time.monotonic() + 90
    while time.monotonic() < end and not (cells.is_dir() and len(list(cells.glob("[!.]*"))) > 4):
        time.sleep(0.05)
    assert run.poll() is None, "it ended before it could be interrupted"
    run.send_signal(signal.SIGTERM)
    out, told = run.communicate(timeout=30)
    assert run.returncode == 143
    assert told.splitlines()[-1] == "terminated; what is finished is kept, the same command goes on from there"
    assert out == ""
    assert set(told.splitlines()[:-1]) <= {"100 cells", *(f"{n}/100" for n in range(101))}
    there = len(list(cells.glob("[!.]*")))
    again = subprocess.run(command(), cwd=tmp_path, check=True, **pipes)
    assert f"{100 - there} cells done, {there} were there, 0 failed" in again.stderr
    study(tmp_path, "whole", range(50))
    subprocess.run(command(*WORKERS), cwd=tmp_path, check=True, **pipes)
    results = [(tmp_path / "runs" / name / "results.parquet").read_bytes() for name in ("toy", "whole")]
    assert results[0] == results[1]
