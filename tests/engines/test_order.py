"""Which job comes next, and who gets it."""

import pytest

from xaiplug.engines.crew import Crew
from xaiplug.engines.fanout import LOSSES, Reply, fan_out
from xaiplug.engines.order import Order
from xaiplug.errors import EngineError
from xaiplug.kinds import Done, Job, Work


def job(name, *inputs, model=""):
    return Job(name, (f"{name}1",), inputs, {"model": model} if model else {}, name)


def test_a_job_may_begin_once_all_that_it_stands_on_has_ended():
    a, b, c = job("a"), job("b", "a", "gone"), job("c", "a", "b")
    order = Order([a, b, c])
    assert [order.take(len).id, len(order)] == ["a", 0]
    order.ended(a)
    assert [order.take(len).id, len(order)] == ["b", 0]
    order.again(b)
    assert order.take(len) is b
    order.ended(b)
    assert order.take(len) is c


def test_a_worker_gets_jobs_of_the_model_that_it_holds():
    jobs = [job(f"{model}{n}", model=model) for n in range(3) for model in ("x", "y")]
    crew = Crew(Order(jobs))
    crew.present(["one", "two"])
    given = [(worker, each.id) for worker, each in crew.give(seconds=9)]
    assert given == [("one", "x0"), ("two", "y0")]
    for worker, each in (("one", jobs[0]), ("two", jobs[1])):
        crew.ended(worker, each)
    assert [(worker, each.id) for worker, each in crew.give(seconds=0.1)] == [
        ("one", "x1"),
        ("two", "y1"),
        ("one", "x2"),
        ("two", "y2"),
    ]


def test_a_worker_whose_model_has_no_job_left_helps_others():
    crew = Crew(Order([job("x0", model="x"), job("x1", model="x"), job("n")]))
    crew.present(["one", "two", "three"])
    assert [(worker, each.id) for worker, each in crew.give(seconds=9)] == [
        ("one", "n"),
        ("two", "x0"),
        ("three", "x1"),
    ]


class Toys:
    """Workers of a script: for each job, how often it is lost before it is answered."""

    def __init__(self, **losses):
        self.losses, self.given, self.asked, self.names = losses, [], [], ["w0"]

    def workers(self):
        return self.names

    def give(self, worker, call, folder, job):
        self.given.append(job.id)
        self.asked.append((worker, job))

    def replies(self, seconds):
        asked, self.asked = self.asked, []
        for worker, each in asked:
            if self.losses.get(each.id, 0):
                self.losses[each.id] -= 1
                self.names = [f"w{len(self.given)}"]
                yield Reply(worker, each.id, lost=True)
            else:
                yield Reply(worker, each.id, ("done",))


class Heard(list):
    def cell(self, name):
        self.append(name)


def test_a_job_whose_worker_was_lost_is_done_again_and_told_once():
    toys, heard = Toys(a=2), Heard()
    told = list(fan_out(Work("", (job("a"), job("b", "a"))), heard, toys, patience=9))
    assert told == [Done("a", ("done",)), Done("b", ("done",))]
    assert toys.given == ["a", "a", "a", "b"]
    assert heard == ["a", "b"]


def test_a_job_that_kills_every_worker_is_given_up_and_harms_no_other():
    toys = Toys(a=99)
    told = list(fan_out(Work("", (job("a"), job("b", "a"))), Heard(), toys, patience=9))
    assert told[0].job == "a"
    assert f"{LOSSES} workers were lost while they had it" in told[0].error
    assert told[1] == Done("b", ("done",))
    assert toys.given.count("a") == LOSSES


def test_without_workers_it_gives_up():
    toys = Toys()
    toys.names = []
    with pytest.raises(EngineError, match=r"no worker was there for 0.01 s; 1 jobs are left"):
        list(fan_out(Work("", (job("a"),)), Heard(), toys, patience=0.01))
