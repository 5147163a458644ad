"""Which job comes next, and who gets it."""

from collections import Counter

import pytest

from xaiplug.engines.crew import MOST, Crew
from xaiplug.engines.fanout import LOSSES, Reply, fan_out
from xaiplug.engines.order import Order
from xaiplug.errors import EngineError
from xaiplug.kinds import Done, Job, Work


def job(name, *inputs, model=""):
    return Job(name, (f"{name}1",), inputs, {"model": model} if model else {}, name)


def test_a_job_may_begin_once_all_that_it_stands_on_has_ended():
    a, b, c = job("a"), job("b", "a", "gone"), job("c", "a", "b")
    order = Order([a, b, c])
    assert [order.take(len).id, order.take(len)] == ["a", None]
    order.ended(a)
    assert [order.take(len).id, order.take(len)] == ["b", None]
    order.again(b)
    assert order.take(lambda needs: None) is None
    assert order.take(len) is b
    order.ended(b)
    assert order.take(len) is c


def crew_of(workers, jobs, fits=lambda worker, needs: True):
    crew = Crew(Order(jobs), fits)
    crew.present(workers)
    return crew


def given(crew, seconds=9.0):
    return [(worker, each.id) for worker, each in crew.give(seconds)]


def test_a_worker_gets_jobs_of_the_model_that_it_holds():
    jobs = [job(f"{model}{n}", model=model) for n in range(3) for model in ("x", "y")]
    crew = crew_of(["one", "two"], jobs)
    assert given(crew) == [("one", "x0"), ("two", "y0")]
    for worker, each in (("one", jobs[0]), ("two", jobs[1])):
        crew.ended(worker, each)
    assert given(crew, 0.5) == [("one", "x1"), ("two", "y1"), ("one", "x2"), ("two", "y2")]


def test_a_worker_whose_model_has_no_job_left_helps_others():
    crew = crew_of(["one", "two", "three"], [job("x0", model="x"), job("x1", model="x"), job("n")])
    assert given(crew) == [("one", "n"), ("two", "x0"), ("three", "x1")]


def test_a_job_is_only_for_a_worker_that_has_what_it_needs():
    def fits(worker, needs):
        return "model" not in needs or worker == "gpu"

    crew = crew_of(["cpu", "gpu"], [job("x0", model="x"), job("x1", model="x"), job("n"), job("o")], fits)
    assert given(crew) == [("cpu", "n"), ("gpu", "o")]
    crew.ended("cpu", job("n"))
    crew.ended("gpu", job("o"))
    assert given(crew) == [("gpu", "x0")]


@pytest.mark.parametrize(
    ("seconds", "share"), [(9, 1), (1.1, 1), (0.9, 2), (0.3, 4), (0.02, 1 + MOST), (1e-6, 1 + MOST)]
)
def test_short_jobs_wait_behind_each_other_so_that_no_worker_waits_for_one(seconds, share):
    crew = crew_of(["one", "two"], [job(f"n{n}") for n in range(40)])
    assert Counter(worker for worker, _ in given(crew, seconds)) == {"one": share, "two": share}
    assert given(crew, seconds) == []
    for name in list(crew.jobs["one"])[: share - share // 2]:
        crew.ended("one", job(name))
    assert Counter(worker for worker, _ in given(crew, seconds)) == {"one": share - share // 2}


def test_a_worker_that_is_lost_was_at_one_job_and_the_others_only_waited():
    crew = crew_of(["one"], [job(f"n{n}") for n in range(4)])
    assert len(given(crew, 0.3)) == 4
    assert [each.id for each in crew.present(["two"])] == ["n0"]
    assert given(crew, 0.3) == [("two", "n1"), ("two", "n2"), ("two", "n3")]


class Toys:
    """Workers of a script: for each job, how often it is lost before it is answered."""

    def __init__(self, **losses):
        self.losses, self.given, self.asked, self.names = losses, [], [], ["w0"]

    def workers(self):
        return self.names

    def fits(self, worker, needs):
        return not needs

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


def test_jobs_that_waited_behind_one_that_kills_are_done():
    toys = Toys(a=99)
    jobs = [job("first"), job("a"), *(job(f"b{n}") for n in range(2 * MOST))]
    told = {done.job: done for done in fan_out(Work("", tuple(jobs)), Heard(), toys, patience=9)}
    assert [each.id for each in jobs if told[each.id].error] == ["a"]


@pytest.mark.parametrize(("names", "model"), [([], ""), (["w0"], "x")], ids=["none is there", "none can do it"])
def test_without_workers_it_gives_up(names, model):
    toys = Toys()
    toys.names = names
    with pytest.raises(EngineError, match=r"no worker that can do them was there for 0.01 s; 1 jobs are left"):
        list(fan_out(Work("", (job("a", model=model),)), Heard(), toys, patience=0.01))
