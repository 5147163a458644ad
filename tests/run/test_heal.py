"""Cells that are no longer what was written are noticed, moved aside and computed again, told in a line."""

import errno
import os
import socket
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from xaiplug.config import load
from xaiplug.errors import StoreError
from xaiplug.kinds import Watcher
from xaiplug.results import Results
from xaiplug.run import execute, read_plan, run_cell, study_of
from xaiplug.run.collect import collect, results
from xaiplug.run.seal import on_disk
from xaiplug.run.store import FORGOTTEN, Store


@pytest.fixture
def ran(write):
    """Run the toy study of one explanation and one score; its outcome."""
    path = write()
    return lambda: execute(load(path), Watcher())


def flip(path):
    """A bit in the middle, under the same time: only reading every byte can tell."""
    before = path.stat()
    text = bytearray(path.read_bytes())
    text[len(text) // 2] ^= 1
    path.write_bytes(bytes(text))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def edit(path):
    text = bytearray(path.read_bytes())
    text[-1] ^= 1
    path.write_bytes(bytes(text))


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


def swap(path):
    """Another file of the same name and length."""
    path.write_bytes(bytes(len(path.read_bytes())))


def be_a_list(path):
    path.write_text("[]")


def of(outcome, kind):
    (cell,) = (cell for cell in read_plan(outcome.folder) if cell.startswith(kind))
    return outcome.folder / "cells" / cell


FILES = [
    ("explain", "explanation.safetensors"),
    ("explain", "cell.json"),
    ("score", "scores.parquet"),
    ("score", "cell.json"),
]


@pytest.mark.parametrize(("kind", "name"), FILES, ids=lambda value: value)
@pytest.mark.parametrize("harm", [edit, cut, empty, remove, swap], ids=lambda harm: harm.__name__)
def test_a_damaged_file_is_noticed_and_computed_again_in_the_same_run(ran, kind, name, harm):
    first = ran()
    before = first.results.read_bytes()
    cell = of(first, kind)
    harm(cell / name)
    again = ran()
    assert again.ok
    assert (again.done, again.cached) == (1, 1)
    (line,) = again.damaged
    assert line.startswith(f"damaged: {kind} small test g ")
    assert name in line
    assert "; moved to " in line
    assert (cell / name).is_file()
    assert list((first.folder / "damaged").glob(f"{cell.name}@*"))
    assert again.results.read_bytes() == before
    healthy = ran()
    assert (healthy.done, healthy.damaged) == (0, ())


def test_a_cell_that_is_a_list_or_an_empty_folder_heals(ran):
    first = ran()
    be_a_list(of(first, "explain") / "cell.json")
    for path in of(first, "score").iterdir():
        path.unlink()
    again = ran()
    assert again.ok
    assert again.done == len(again.damaged) == 2


def test_cells_that_changed_places_heal(write):
    path = write()
    path.write_text(path.read_text().replace("size: {", "other: {use: toy-study}\n  size: {"))
    first = execute(load(path), Watcher())
    before = first.results.read_bytes()
    one, two = (cell for cell in (first.folder / "cells").iterdir() if cell.name.startswith("score"))
    one.rename(first.folder / "third")
    two.rename(one)
    (first.folder / "third").rename(two)
    again = execute(load(path), Watcher())
    assert len(again.damaged) == again.done == 2
    assert again.results.read_bytes() == before


@pytest.mark.parametrize("name", ["scores.parquet", "cell.json"])
def test_tables_and_reports_notice_what_they_read(ran, name):
    first = ran()
    flip(of(first, "score") / name)
    with pytest.raises(StoreError, match=r"damaged: score .* is not what was written; moved to .*; run the run file"):
        collect(Store(first.folder))
    assert results(Store(first.folder)).empty
    assert ran().done == 1


def test_an_explanation_that_is_damaged_is_noticed_when_it_is_shown(ran):
    first = ran()
    flip(of(first, "explain") / "explanation.safetensors")
    for read in (study_of, lambda folder: list(Results(folder).explanations())):
        with pytest.raises(StoreError, match=r"explanation.safetensors is not what was written"):
            read(first.folder)
        assert ran().done == 1
        flip(of(first, "explain") / "explanation.safetensors")


def test_a_score_heals_the_explanation_that_it_reads(ran):
    first = ran()
    flip(of(first, "explain") / "explanation.safetensors")
    score = of(first, "score")
    before = pd.read_parquet(score / "scores.parquet")
    for path in score.iterdir():
        path.unlink()
    score.rmdir()
    run_cell(first.folder, score.name)
    assert pd.read_parquet(score / "scores.parquet").equals(before)
    assert len(Store(first.folder).told()) == 1


def test_a_plan_and_answers_that_are_damaged_are_written_anew(ran):
    first = ran()
    before = list(read_plan(first.folder))
    (first.folder / "plan.json").write_text("[]")
    (first.folder / "answers.json").write_bytes(b"\xff")
    again = ran()
    assert (again.done, again.cached) == (0, 2)
    assert list(read_plan(first.folder)) == before


def test_copied_and_touched_cells_are_what_they_were(ran):
    first = ran()
    for path in (first.folder / "cells").rglob("*.*"):
        os.utime(path)
    assert ran().damaged == ()


def test_what_dead_writers_left_goes(ran):
    first = ran()
    cells, old = first.folder / "cells", time.time() - FORGOTTEN - 60
    mine = f"@{socket.gethostname()}@"
    gone = [cells / f".a{mine}{2**22 + 1}@1@x", cells / ".b@elsewhere@1@1@x", first.folder / ".plan.json.abc"]
    kept = [cells / f".c{mine}{os.getppid()}@1@x", cells / ".d@elsewhere@1@1@x", first.folder / ".gitignore.mine"]
    for path in (*gone, *kept):
        path.mkdir() if "@" in path.name else path.write_text("")
    for path in (*gone[1:], kept[2]):
        os.utime(path, (old, old))
    ran()
    assert not [path for path in gone if path.exists()]
    assert all(path.exists() for path in kept)


def test_one_cell_is_found_without_the_rest_of_the_plan(ran, monkeypatch):
    first = ran()
    planfile = sys.modules["xaiplug.run.planfile"]
    whole = dict(read_plan(first.folder))
    edited = (first.folder / "plan.json").read_text().replace("{\n", "{\n\n", 1)
    with monkeypatch.context() as patch:
        patch.setattr(planfile, "read_json", None)
        planfile._plan.cache_clear()
        assert {cell: planfile.read_entry(first.folder, cell) for cell in whole} == whole
        assert str(planfile.read_root(first.folder)) == str(Path.cwd())
    (first.folder / "plan.json").write_text(edited)
    assert {cell: planfile.read_entry(first.folder, cell) for cell in whole} == whole
    assert str(planfile.read_root(first.folder)) == str(Path.cwd())


def test_a_file_system_that_cannot_sync_folders_is_no_error(tmp_path, monkeypatch):
    def refuse(handle):
        raise OSError(errno.EINVAL, "no folders")

    monkeypatch.setattr(os, "fsync", refuse)
    on_disk(tmp_path)
    on_disk(tmp_path / "not-there")


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "Permission denied"), OSError("no words of the system")])
def test_a_damaged_cell_that_cannot_be_moved_is_told_with_the_reason(tmp_path, monkeypatch, error):
    def refused(self, target):
        raise error

    monkeypatch.setattr(Path, "rename", refused)
    line = Store(tmp_path).set_aside("a3f9", "cell.json is missing", name="score g")
    assert line.startswith("damaged: score g: cell.json is missing; it cannot be moved (")
    assert f"({error.strerror or error}) to {tmp_path / 'damaged'}" in line
