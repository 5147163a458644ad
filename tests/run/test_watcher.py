"""What is told while a run goes on, and how its cells lie on the disk."""

import os
from collections import Counter

from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.run import execute

STUDY = """\
version: 1
name: toy
models: {small: {use: "toy_nets:small"}}
data: {test: {use: "toy_nets:images", limit: 4}}
explainers: {g: {use: toy-gradient}}
metrics: {size: {use: toy-size}}
plugins: {files: [toy_plugin.py]}
"""


class Listener(Watcher):
    """Counts what it is told."""

    def __init__(self):
        self.total, self.told = 0, Counter()

    def start(self, total):
        self.total = total

    def cell(self, name):
        self.told["begun"] += 1

    def done(self):
        self.told["done"] += 1


def test_a_watcher_hears_the_end_of_every_cell_also_of_those_that_were_there(write):
    """So that a bar of a run that is taken up again begins where it stands, and ends full."""
    first, again, more = Listener(), Listener(), Listener()
    cells = execute(load(write()), first).done
    assert cells == 2
    assert (first.total, first.told["done"]) == (2, 2)
    execute(load(write()), again)
    assert (again.total, dict(again.told)) == (2, {"done": 2})
    execute(load(write("seeds: [0, 1]\n", STUDY.replace("toy-gradient", "toy-noise"))), more)
    execute(load(write("seeds: [0, 1, 2]\n", STUDY.replace("toy-gradient", "toy-noise"))), more)
    assert (more.total, more.told["done"]) == (6, 4 + 6)


def test_others_may_read_what_the_umask_lets_them(write):
    before = os.umask(0o027)
    try:
        folder = execute(load(write()), Watcher()).folder
    finally:
        os.umask(before)
    cells = [path for path in (folder / "cells").iterdir() if not path.name.startswith(".")]
    assert {path.stat().st_mode & 0o7777 for path in cells} == {0o750}
    modes = {path.name: oct(path.stat().st_mode & 0o777) for cell in cells for path in cell.iterdir()}
    assert set(modes.values()) == {"0o640"}, modes
