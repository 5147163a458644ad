"""What a run costs beside the work of its cells: `python benchmarks/runs.py`, with OMP_NUM_THREADS=1.

The components do nothing, so that what is left is the run's own: planning, addresses, files, tables, the report. Each
row is one process, what it imports not counted; `run_cell` is the time of a cell of a large plan less that of a cell
in a small one: the first of a process also reads the run file, with its 50 methods.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PLUGIN = '''
import torch
import xaiplug


class Nothing(xaiplug.Explainer):
    """Zeros."""

    factor: float = 1.0

    def explain(self, query):
        return torch.zeros_like(query.inputs)


class Zero(xaiplug.Metric):
    """Zero a sample."""

    number: int = 0

    def measure(self, query, explanation):
        return torch.zeros(len(query))


@xaiplug.hookimpl
def xaiplug_explainers():
    return [xaiplug.Spec("nothing", Nothing, "Zeros.")]


@xaiplug.hookimpl
def xaiplug_metrics():
    return [xaiplug.Spec("zero", Zero, "Zero a sample.")]


def net():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))


def images(n=4):
    return xaiplug.Samples(torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(n) % 3)
'''

STUDY = """\
version: 1
name: cost
seeds: {seeds}
models: {{net: "costs:net"}}
data: {{test: {{use: "costs:images", params: {{n: {samples}}}}}}}
explainers: {{e: {{use: nothing, grid: {{factor: {factors}}}}}}}
metrics: {metrics}
plugins: {{files: [costs.py]}}
"""


def study(folder: Path, *, seeds: int = 1, explainers: int = 1, samples: int = 4, metrics: int = 1) -> None:
    """A run file with `seeds * explainers * (1 + metrics)` cells, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "costs.py").write_text(PLUGIN)
    factors = [float(number) for number in range(explainers)]
    named = ", ".join(f"m{number}: {{use: zero, params: {{number: {number}}}}}" for number in range(metrics))
    text = STUDY.format(seeds=list(range(seeds)), factors=factors, samples=samples, metrics=f"{{{named}}}")
    (folder / "run.yaml").write_text(text)


def ran() -> tuple[float, int, float]:
    """Seconds of a run of the working directory's run file, its views left out; its cells; seconds of fsync."""
    from xaiplug.config import load
    from xaiplug.kinds import Watcher

    running = sys.modules["xaiplug.run.execute"]
    running.report = lambda *_, **__: ()
    waited, sync = [0.0], os.fsync

    def timed(file: int) -> None:
        begin = time.perf_counter()
        sync(file)
        waited.append(time.perf_counter() - begin)

    os.fsync = timed
    start = time.perf_counter()
    outcome = running.execute(load("run.yaml"), Watcher())
    assert outcome.ok, outcome.failures
    return time.perf_counter() - start, outcome.done + outcome.cached, sum(waited)


def reported() -> float:
    """Seconds of the HTML report."""
    from xaiplug.run.execute import report

    start = time.perf_counter()
    report(Path("runs/cost"), views=["html"])
    return time.perf_counter() - start


def planned() -> tuple[float, int]:
    """Seconds of writing the plan, and the number of its cells."""
    from xaiplug.config import load
    from xaiplug.run.execute import plan_of
    from xaiplug.run.planfile import write_plan
    from xaiplug.run.store import Store
    from xaiplug.run.workspace import Workspace

    start = time.perf_counter()
    config = load("run.yaml")
    store, workspace = Store(config.folder), Workspace(config)
    store.prepare()
    plan = plan_of(config, workspace)
    write_plan(store, workspace, plan)
    return time.perf_counter() - start, len(plan.cells)


def two_cells() -> tuple[float, float]:
    """Seconds of `run_cell` in a process that knows nothing of the run yet, and of the next one."""
    from xaiplug.run import run_cell

    text = Path("runs/cost/plan.json").read_text()
    took = []
    for part in text.split('"explain-')[1:3]:
        start = time.perf_counter()
        run_cell("runs/cost", "explain-" + part.split('"')[0])
        took.append(time.perf_counter() - start)
    return took[0], took[1]


def looked_up() -> float:
    """Seconds until a process that knows nothing of the run has what its plan says of a cell."""
    from xaiplug.run.planfile import read_entry, read_root

    text = Path("runs/cost/plan.json").read_text()
    cell = "explain-" + text.split('"explain-')[-1].split('"')[0]
    start = time.perf_counter()
    read_root(Path("runs/cost"))
    assert read_entry(Path("runs/cost"), cell) is not None
    return time.perf_counter() - start


def asked(call: str, folder: Path) -> Any:
    """What a function of this file gives in a process of its own that imported all that it needs."""
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); "
    code += "import runs, xaiplug.run.execute, xaiplug.view.report; "
    code += f"print(repr(runs.{call}()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return ast.literal_eval(done.stdout.splitlines()[-1])


def main(folder: Path) -> None:
    """Print the table."""
    rows: list[tuple[str, float, str, int | None]] = []
    study(folder / "cells", explainers=800)
    first, cells, waited = asked("ran", folder / "cells")
    rows.append((f"a cell that does nothing ({cells} cells)", 1e3 * first / cells, "ms", 8))
    rows.append(("of that, waiting for the disk", 1e3 * waited / cells, "ms", None))
    again, _, _ = asked("ran", folder / "cells")
    rows.append(("a finished cell, run again", 1e3 * again / cells, "ms", 1))
    study(folder / "report", seeds=8, explainers=40, metrics=4)
    _, cells, _ = asked("ran", folder / "report")
    rows.append((f"report of {cells} cells, 40 methods", asked("reported", folder / "report"), "s", 5))
    study(folder / "samples", samples=20_000, explainers=3, metrics=2)
    asked("ran", folder / "samples")
    again, cells, _ = asked("ran", folder / "samples")
    rows.append((f"20,000 samples x {cells} cells, run again", again, "s", 2))
    study(folder / "few", explainers=2)
    study(folder / "many", seeds=500, explainers=50)
    asked("planned", folder / "few")
    small = asked("two_cells", folder / "few")
    whole, cells = asked("planned", folder / "many")
    rows.append((f"planning {cells} cells, a cell", 1e3 * whole / cells, "ms", None))
    large = asked("two_cells", folder / "many")
    rows.append((f"what run_cell reads of a plan of {cells} cells", 1e3 * asked("looked_up", folder / "many"), "ms", 2))
    rows.append((f"first run_cell of a process, {cells} cells against 4", 1e3 * (large[0] - small[0]), "ms", None))
    rows.append(("a later one", 1e3 * (large[1] - small[1]), "ms", 2))
    print("| what | measured | goal |\n|---|---|---|")
    for what, value, unit, goal in rows:
        print(f"| {what} | {value:.2f} {unit} | {'' if goal is None else f'< {goal} {unit}'} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
