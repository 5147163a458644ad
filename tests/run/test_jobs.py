"""Which cells go together, and what comes of them when one fails, another run has one, or a thread more is there."""

import multiprocessing
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
import torch

from xaiplug.config import load
from xaiplug.kinds import Engine, Watcher
from xaiplug.run import execute, read_plan, run_cell
from xaiplug.run.cell import WaitsError
from xaiplug.run.claims import BusyError, claimed
from xaiplug.run.jobs import jobs_of
from xaiplug.run.work import _estimate

STUDY = """\
version: 1
name: toy
models: {small: {use: "toy_nets:small"}, other: {use: "toy_nets:small", params: {seed: 5}}}
data: {test: {use: "toy_nets:images", limit: 4}}
segmenters: {halves: toy-halves}
baselines: {zero: toy-constant}
imputers: {fill: toy-fill}
explainers: {g: toy-gradient, occ: toy-groups}
metrics: {size: toy-size, removing: toy-removing, agree: toy-agreement}
plugins: {files: [toy_plugin.py]}
"""


def test_scores_go_with_their_explanation_and_segmentations_come_first(write):
    plan = read_plan(execute(load(write(study=STUDY)), Watcher()).folder)
    jobs = jobs_of(plan, list(plan))
    kinds = [[plan[cell]["kind"] for cell in job.cells] for job in jobs]
    assert kinds == [["segment"], *[["explain", "score", "score"]] * 4, *[["compare"]] * 2]
    segment, *explain, first, last = jobs
    assert all(job.inputs == (segment.id,) for job in explain)  # that of g for its score `removing`
    assert [job.needs for job in explain] == [{"model": "small"}] * 2 + [{"model": "other"}] * 2
    assert first.inputs == (explain[0].id, explain[2].id)
    assert last.inputs == (explain[1].id, explain[3].id)
    scores = [cell for cell in plan if plan[cell]["kind"] == "score"]
    assert [len(job.cells) for job in jobs_of(plan, scores)] == [2] * 4


def test_how_long_the_rest_will_take():
    """The mean of what was done, without the first, which loads; that alone tells something only where it is long."""
    assert _estimate([], 3) == _estimate([1.0], 3) == 0
    assert _estimate([2.0], 3) == 6
    assert _estimate([9.0, 1.0, 3.0], 5) == 10


def test_a_score_that_fails_harms_no_other_of_its_job(write):
    study = STUDY.replace("toy-size", "{use: toy-removing, segmenter: bad}").replace("{halves", "{bad: toy-bad, halves")
    plugin = Path("toy_plugin.py")
    path = write(study=study)
    more = '''


class Bad(xaiplug.Segmenter):
    """Raises."""

    def segment(self, images, seeds):
        raise RuntimeError("no segments")


@xaiplug.hookimpl
def xaiplug_segmenters():
    return [xaiplug.Spec("toy-halves", Halves, "Left and right."), xaiplug.Spec("toy-bad", Bad, "Raises.")]
'''
    plugin.write_text(plugin.read_text() + more)
    outcome = execute(load(path, ["runs=[{segmenters: [halves]}]"]), Watcher())
    assert [(failure.error, failure.waiting) for failure in outcome.failures] == [("RuntimeError: no segments", 4)]
    frame = pd.read_parquet(outcome.results)
    assert Counter(frame[frame["sample"] == 0].metric) == {"removing": 4, "agree": 2}


def test_a_cell_computes_with_the_threads_of_the_run(write):
    plugin = Path("toy_plugin.py")
    path = write(more="threads: 3\n")
    measured = '        note(f"size {len(query)}")\n'
    counted = "        return torch.full((len(query),), float(torch.get_num_threads()))\n"
    plugin.write_text(plugin.read_text().replace(measured, measured + counted))
    before = torch.get_num_threads()
    assert set(pd.read_parquet(execute(load(path), Watcher()).results)["value"]) == {3.0}
    assert torch.get_num_threads() == before
    one = execute(load(path, ["threads=1", "outputs.dir=runs/one"]), Watcher())
    assert set(pd.read_parquet(one.results)["value"]) == {1.0}


def _claim(folder, cell, ready, end):
    with claimed(folder, cell, wait=True):
        ready.set()
        end.wait()


@pytest.fixture
def fork():
    return multiprocessing.get_context("fork")


def test_a_cell_of_another_process_is_left_to_it_until_that_is_gone(write, fork):
    folder = execute(load(write()), Watcher()).folder
    cell, score = read_plan(folder)
    for one in (cell, score):
        (folder / "cells" / one).rename(folder / "cells" / f".{one}")
    with pytest.raises(WaitsError, match="which is not finished; run that first"):
        run_cell(folder, score)
    ready, end = fork.Event(), fork.Event()
    other = fork.Process(target=_claim, args=(folder, cell, ready, end))
    other.start()
    ready.wait()
    with pytest.raises(BusyError, match="is computed by another process just now"):
        run_cell(folder, cell, wait=False)
    other.kill()
    other.join()
    assert run_cell(folder, cell, wait=False).is_dir()
    assert not (folder / "failed").exists()


def _run(path, told):
    outcome = execute(load(path), Watcher())
    told.write_text(f"{outcome.done + outcome.cached} {len(outcome.failures)}")


def test_two_runs_at_once_compute_no_cell_twice(write, here, fork, monkeypatch):
    monkeypatch.setenv("TOY_LOG", str(here / "log.txt"))
    monkeypatch.setenv("TOY_SLEEP", "0.05")
    path = write(study=STUDY.replace("g: toy-gradient", "g: {use: toy-gradient, grid: {factor: [1, 2, 3, 4, 5, 6]}}"))
    whole = execute(load(path, ["outputs.dir=runs/whole"]), Watcher())
    noted = Counter((here / "log.txt").read_text().splitlines())
    (here / "log.txt").unlink()
    told = [here / "one", here / "other"]
    runs = [fork.Process(target=_run, args=(path, file)) for file in told]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    again = execute(load(path), Watcher())
    assert again.done == 0
    for file in told:  # also of cells that the other run computed meanwhile
        assert file.read_text() == f"{again.cached} 0"
    assert again.results.read_bytes() == whole.results.read_bytes()
    del noted["segment 1"]  # kept in the cache by the first
    assert Counter((here / "log.txt").read_text().splitlines()) == noted


class Counting(Engine):
    """Notes how many jobs it is given."""

    least: float = 0.0

    def run(self, work, watcher):
        given.append(len(work.jobs))
        yield from map(work.do, work.jobs)

    def worthwhile(self, seconds):
        return seconds >= self.least


given: list[int] = []


@pytest.mark.parametrize(
    ("least", "left"),
    [(0.0, 8), (0.2, 6), (1e9, 0)],
    ids=["always", "after a segmentation and a job of 0.05 s", "never"],
)
def test_a_study_too_small_for_workers_stays_in_this_process(write, monkeypatch, least, left):
    given.clear()
    monkeypatch.setenv("TOY_SLEEP", "0.05")
    seven = "grid: {factor: [1, 2, 3, 4, 5, 6, 7]}"
    only = "{small: {use: 'toy_nets:small'}}"
    config = load(write(study=STUDY), [f"models={only}", f"explainers={{g: {{use: toy-gradient, {seven}}}}}"])
    object.__setattr__(config, "engine", Counting(least=least))
    outcome = execute(config, Watcher())
    assert outcome.ok
    assert given == [left]
