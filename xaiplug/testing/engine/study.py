"""A small study, and its run by an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from xaiplug import registry
from xaiplug.config import load
from xaiplug.engines import Serial
from xaiplug.kinds import Done, Engine, Work
from xaiplug.run.collect import collect
from xaiplug.run.execute import plan_of
from xaiplug.run.jobs import jobs_of
from xaiplug.run.planfile import read_plan, write_plan
from xaiplug.run.store import Store
from xaiplug.run.workspace import Workspace
from xaiplug.testing.engine import toys
from xaiplug.testing.engine.scenes import Heard

STUDY = f"""\
version: 1
name: kit
models: {{one: {{use: "{toys.__name__}:network"}}, two: {{use: "{toys.__name__}:network", params: {{seed: 1}}}}}}
data: {{test: {{use: "{toys.__name__}:images"}}}}
explainers: {{steep: {{use: kit-steep, grid: {{factor: [1.0, 2.0]}}}}}}
metrics: {{size: kit-size, apart: kit-apart}}
plugins: {{files: ["{Path(toys.__file__).as_posix()}"]}}
"""
"""Two models, two explanations of each with a score, two comparisons of the models."""


def studied(engine: Engine) -> tuple[tuple[Done, ...], bytes]:
    """What an engine tells of all jobs of the study, and the bytes of `results.parquet`."""
    with TemporaryDirectory() as folder, _registry_kept():
        run_file = Path(folder, "run.yaml")
        run_file.write_text(STUDY, encoding="utf-8")
        config = load(run_file, root=Path(folder))
        store, workspace = Store(config.folder), Workspace(config)
        store.prepare()
        write_plan(store, workspace, plan_of(config, workspace))
        plan = read_plan(store.folder)
        told = tuple(engine.run(Work(str(store.folder), jobs_of(plan, list(plan))), Heard()))
        return told, collect(store)[0].read_bytes()


@lru_cache(maxsize=1)
def expected() -> bytes:
    """The bytes of `results.parquet` of a serial run."""
    return studied(Serial())[1]


@contextmanager
def _registry_kept() -> Iterator[None]:
    before = registry._current
    try:
        yield
    finally:
        registry._current = before
