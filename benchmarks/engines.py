"""What engines cost, and what they survive: `python benchmarks/engines.py dask`, with OMP_NUM_THREADS=1.

`pace`    2,000 cells of 20 ms by two workers, beside a serial run in the same process
`tasks`   a job that does nothing, beside a bare map of the same function over two workers
`kills`   300 cells by four workers, one of which is killed every 2 s once the first cell is there
`lost`    300 cells by two workers with working folders of their own, whose scheduler is killed half-way (dask)
`many`    50,000 cells that do nothing: planned, run, collected

`python benchmarks/engines.py ray pace tasks` measures some of them.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

STUDY = """\
version: 1
name: study
seeds: {seeds}
models: {{one: {{use: "xaiplug.testing.engine.toys:network"}}}}
data: {{test: {{use: "xaiplug.testing.engine.toys:images"}}}}
explainers: {{e: {{use: kit-steep, params: {{seconds: {seconds}}}, grid: {{factor: {factors}}}}}}}
metrics: {{size: kit-size}}
plugins: {{files: ["{toys}"]}}
"""
XAIPLUG = str(Path(sys.executable).with_name("xaiplug"))
CELLS = Path("runs", "study", "cells")
ALL = {"workers": 2, "least": 0.0}

Rows = Iterator[tuple[str, str]]


def rest(folder: str, cells: list[str]) -> list[str]:
    """Cells of 20 ms."""
    time.sleep(0.02 * len(cells))
    return ["done"] * len(cells)


def nothing(folder: str, cells: list[str]) -> list[str]:
    """Cells that take no time."""
    return ["done"] * len(cells)


def study(folder: Path, cells: int, seconds: float, seeds: int = 1) -> None:
    """A run file in `folder`: half of the cells are explanations that take so long, half are scores of them."""
    from xaiplug.testing.engine import toys

    factors = [float(number) for number in range(cells // 2 // seeds)]
    folder.mkdir(parents=True, exist_ok=True)
    text = STUDY.format(seeds=list(range(seeds)), seconds=seconds, factors=factors, toys=toys.__file__)
    (folder / "run.yaml").write_text(text)


def engine(name: str) -> Any:
    from xaiplug import component

    return component("engine", name, **ALL)


def planned(folder: Path) -> Any:
    """The work of the run file in `folder`."""
    from xaiplug.config import load
    from xaiplug.kinds import Work
    from xaiplug.run.execute import plan_of
    from xaiplug.run.jobs import jobs_of
    from xaiplug.run.planfile import read_plan, write_plan
    from xaiplug.run.store import Store
    from xaiplug.run.workspace import Workspace

    config = load(folder / "run.yaml", root=folder)
    store, workspace = Store(config.folder), Workspace(config)
    store.prepare()
    write_plan(store, workspace, plan_of(config, workspace))
    plan = read_plan(store.folder)
    return Work(str(store.folder), jobs_of(plan, list(plan)))


def timed(which: Any, work: Any) -> list[float]:
    """The moments when jobs were told, the first of them the start."""
    from xaiplug.kinds import Watcher

    moments = [time.perf_counter()]
    for done in which.run(work, Watcher()):
        assert not done.error, done
        assert set(done.cells) == {"done"}, done
        moments.append(time.perf_counter())
    return moments


def paced(moments: list[float]) -> float:
    """Seconds a job, once all workers have begun: from the tenth part of the jobs on."""
    first = len(moments) // 10
    return (moments[-1] - moments[first]) / (len(moments) - 1 - first)


def pace(name: str, folder: Path) -> Rows:
    from xaiplug.engines import Serial
    from xaiplug.kinds import Job, Work

    jobs = tuple(Job(f"j{n}", ("cell",)) for n in range(2_000))
    moments = timed(engine(name), Work("", jobs, "engines:rest"))
    yield "2,000 jobs of 20 ms that sleep, of the ideal 20 s", f"{0.01 / paced(moments):.1%}"
    yield "the same with the engine's start and end of its first jobs", f"{20 / (moments[-1] - moments[0]):.1%}"
    study(folder / "serial", 2_000, 0.03)
    study(folder / "workers", 2_000, 0.03)
    alone = paced(timed(Serial(), planned(folder / "serial")))
    work = planned(folder / "workers")
    begin = psutil.cpu_times()
    together = paced(timed(engine(name), work))
    spent = psutil.cpu_times()
    idle = (spent.idle - begin.idle) / sum(now - then for now, then in zip(spent, begin, strict=True))
    yield "2,000 cells of a study, serial: a cell", f"{1e3 * alone / 2:.1f} ms"
    yield "by two workers, of half of that", f"{alone / 2 / together:.1%}"
    yield "meanwhile the machine's cores were idle", f"{idle:.0%}"


def tasks(name: str, folder: Path) -> Rows:
    from xaiplug.kinds import Job, Work

    count, ours, bare = 3_000, [], []
    jobs = tuple(Job(f"j{n}", ("cell",)) for n in range(count))
    with SESSIONS[name]() as mapped:
        for _ in range(7):
            bare.append(mapped(count))
            ours.append(paced(timed(engine(name), Work("", jobs, "engines:nothing"))))
    ratio = statistics.median(one / other for one, other in zip(ours, bare, strict=True))
    yield f"a job that does nothing ({count} of them)", f"{1e3 * statistics.median(ours):.2f} ms"
    yield "the same function by a bare map", f"{1e3 * statistics.median(bare):.2f} ms"
    yield "ratio, median of 7 pairs", f"{ratio:.2f}"


@contextmanager
def dask_session() -> Iterator[Callable[[int], float]]:
    """Two workers that the engine finds; what tells the seconds of a task of a bare map."""
    import dask
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster,
        Client(cluster, set_as_default=False) as client,
        dask.config.set({"scheduler-address": cluster.scheduler_address}),
    ):

        def mapped(count: int) -> float:
            begin = time.perf_counter()
            client.gather(client.map(nothing, [""] * count, [["cell"]] * count, pure=False))
            return (time.perf_counter() - begin) / count

        mapped(100)
        yield mapped


@contextmanager
def ray_session() -> Iterator[Callable[[int], float]]:
    """The same."""
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level=logging.CRITICAL)
    task = ray.remote(nothing)

    def mapped(count: int) -> float:
        begin = time.perf_counter()
        ray.get([task.remote("", ["cell"]) for _ in range(count)])
        return (time.perf_counter() - begin) / count

    mapped(100)
    yield mapped
    ray.shutdown()


SESSIONS = {"dask": dask_session, "ray": ray_session}


def started(folder: Path, *options: str, **more: Any) -> subprocess.Popen[str]:
    """A run of the run file in `folder`."""
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen([XAIPLUG, "run", "run.yaml", *options], cwd=folder, **pipes, **more)


def by(name: str, **params: Any) -> list[str]:
    """Options of a run by workers."""
    told = ", ".join(f"{name}: {value}" for name, value in {**ALL, **params}.items())
    return ["--engine", name, "--set", f"engine.params={{{told}}}"]


def finished(folder: Path) -> dict[str, tuple[int, int]]:
    """Finished cells, each with the folder that it is and when that was written."""
    found = ((path.name, path.stat()) for path in (folder / CELLS).glob("[!.]*"))
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in found}


def whole(folder: Path) -> bytes:
    """`results.parquet` of a serial run."""
    study(folder, 300, 0.1)
    told = started(folder).communicate()[0]
    assert "300 cells done, 0 were there, 0 failed" in told, told
    return (folder / "runs/study/results.parquet").read_bytes()


def workers_of(run: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that compute."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        words = " ".join(process.info["cmdline"] or ())
        mine = run.pid in (parent.pid for parent in process.parents())
        if mine and ("spawn_main" in words or "ray::Worker" in words):
            found.append(process)
    return found


def kills(name: str, folder: Path) -> Rows:
    expected = whole(folder / "whole")
    study(folder / "killed", 300, 0.1)
    run = started(folder / "killed", *by(name, workers=4))
    told: list[str] = []
    reader = threading.Thread(target=lambda: told.append(run.communicate()[0]))
    reader.start()
    chance, seen, killed = random.Random(0), list[dict[str, tuple[int, int]]](), 0
    begin = time.monotonic()
    while reader.is_alive():
        reader.join(2)
        if reader.is_alive() and finished(folder / "killed") and (victims := workers_of(run)):
            seen.append(finished(folder / "killed"))
            chance.choice(victims).kill()
            killed += 1
    end = finished(folder / "killed")
    again = sum(end.get(cell) != state for then in seen for cell, state in then.items())
    yield f"300 cells in {time.monotonic() - begin:.0f} s, workers killed", f"{killed}"
    yield "what the run told", _told(told[0])
    yield "cells that were finished at a kill and were lost or done again", f"{again}"
    yield "results.parquet equal to that of a serial run", f"{_results(folder / 'killed') == expected}"


def _told(output: str) -> str:
    lines = output.splitlines()
    return next((line for line in lines if line.startswith("study:")), lines[-1])


def _results(folder: Path) -> bytes:
    return (folder / "runs/study/results.parquet").read_bytes()


def lost(name: str, folder: Path) -> Rows:
    expected = whole(folder / "whole")
    study(folder / "lost", 300, 0.1)
    file = str(folder / "scheduler.json")
    dask = [str(Path(sys.executable).with_name("dask"))]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def cluster() -> list[subprocess.Popen[bytes]]:
        scheduler = [
            *dask,
            "scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--scheduler-file",
            file,
        ]
        processes = [subprocess.Popen(scheduler, cwd=folder, **silent)]
        for number in range(2):
            own = folder / f"machine{number}"
            own.mkdir(exist_ok=True)
            worker = [*dask, "worker", "--no-nanny", "--no-dashboard", "--nthreads", "1", "--scheduler-file", file]
            processes.append(subprocess.Popen(worker, cwd=own, env=os.environ | {"TMPDIR": str(own)}, **silent))
        return processes

    processes = cluster()
    run = started(folder / "lost", *by(name, scheduler_file=file))
    while len(finished(folder / "lost")) < 150 and run.poll() is None:
        time.sleep(0.1)
    processes[0].kill()
    begin = time.monotonic()
    told = run.communicate()[0]
    yield f"the scheduler was killed; {time.monotonic() - begin:.0f} s later, exit {run.returncode}", _failed(told)
    there = finished(folder / "lost")
    for process in processes:
        process.kill()
    Path(file).unlink()
    processes = cluster()
    again = started(folder / "lost", *by(name, scheduler_file=file)).communicate()[0]
    for process in processes:
        process.send_signal(signal.SIGTERM)
    end = finished(folder / "lost")
    yield "the same command again, with another scheduler", _told(again)
    yield "finished cells that were done again", str(sum(end.get(cell) != state for cell, state in there.items()))
    yield "results.parquet equal to that of a serial run", f"{_results(folder / 'lost') == expected}"


def _failed(told: str) -> str:
    return next((line for line in told.splitlines() if line.startswith("failed:")), told[-300:])


def many(name: str, folder: Path) -> Rows:
    from xaiplug.run.collect import collect
    from xaiplug.run.store import Store

    study(folder, 50_000, 0.0, seeds=250)
    begin = time.perf_counter()
    work = planned(folder)
    yield f"{sum(len(job.cells) for job in work.jobs):,} cells planned", f"{time.perf_counter() - begin:.0f} s"
    most = {"run": 0, "workers": 0}
    done = threading.Event()
    watch = threading.Thread(target=_watch, args=(done, most))
    watch.start()
    moments = timed(engine(name), work)
    done.set()
    watch.join()
    yield "run by two workers", f"{moments[-1] - moments[0]:.0f} s, {500 * paced(moments):.1f} ms a cell"
    begin = time.perf_counter()
    collect(Store(Path(work.folder)))
    yield "collected", f"{time.perf_counter() - begin:.0f} s"
    yield "most memory of the run's process", f"{most['run'] / 2**20:.0f} MiB"
    yield "most memory of all others", f"{most['workers'] / 2**20:.0f} MiB"


def _watch(done: threading.Event, most: dict[str, int]) -> None:
    me = psutil.Process()
    while not done.wait(1):
        most["run"] = max(most["run"], me.memory_info().rss)
        others = 0
        for child in me.children(recursive=True):
            with_it = child.memory_info() if child.is_running() and child.status() != "zombie" else None
            others += with_it.rss if with_it else 0
        most["workers"] = max(most["workers"], others)


MEASURES: dict[str, Callable[[str, Path], Rows]] = {
    "pace": pace,
    "tasks": tasks,
    "kills": kills,
    "lost": lost,
    "many": many,
}


if __name__ == "__main__":
    _, chosen, *measures = sys.argv
    print(f"| {chosen}: what | measured |\n|---|---|")
    for measure in measures or [one for one in MEASURES if chosen == "dask" or one != "lost"]:
        with tempfile.TemporaryDirectory() as made:
            for what, value in MEASURES[measure](chosen, Path(made)):
                print(f"| {what} | {value} |", flush=True)
