"""The kit's work is done in other processes as well as here."""

import os

from xaiplug.testing.engine.examples import Forks
from xaiplug.testing.engine.scenes import run


def test_an_engine_of_several_processes_computes_elsewhere():
    processes = run(Forks()).processes
    assert processes
    assert os.getpid() not in processes
