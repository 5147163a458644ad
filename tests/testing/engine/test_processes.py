"""The kit's work is done in other processes as well as here."""

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

from xaiplug.testing import check_engine
from xaiplug.testing.engine.examples import Several
from xaiplug.testing.engine.scenes import run


class Elsewhere(Several):
    """As many processes as workers, forked when it begins."""

    def pool(self):
        return ProcessPoolExecutor(self.workers, mp_context=multiprocessing.get_context("fork"))


def test_an_engine_of_several_processes_keeps_the_contract():
    engine = Elsewhere()
    check_engine(engine).raise_on_violation()
    processes = {int(process) for *_, process in run(engine).lines}
    assert processes
    assert os.getpid() not in processes
