"""What the kit cannot ask of a task, and why: its data are not here, or a training may take long."""

import pytest

from xaiplug.errors import DataError
from xaiplug.testing import check_task
from xaiplug.testing.task.examples import Clouds


class Absent(Clouds):
    """Reads a file that nobody has."""

    def key(self, **params):
        if params:
            return super().key(**params)
        raise DataError("clouds.csv is not there; measure some")


class Slow(Clouds):
    """Says nothing of how to be quick."""

    quick = None

    def train(self, *arguments, **params):
        raise AssertionError("not asked for")


@pytest.mark.parametrize(
    ("task", "reason", "passed"),
    [
        (Absent(), "no data here: clouds.csv is not there", {"splits", "unknown-parameter", "trains", "refits"}),
        (Slow(), "says no `quick` parameters", None),
    ],
    ids=["absent", "slow"],
)
def test_it_is_skipped_with_its_reason(task, reason, passed):
    report = check_task(task)
    assert report.ok, "\n".join(report.lines())
    skipped = {outcome.check for outcome in report.outcomes if outcome.status == "skipped"}
    assert all(reason in outcome.detail for outcome in report.outcomes if outcome.check in skipped)
    everything = {outcome.check for outcome in report.outcomes}
    assert everything - skipped == (passed or everything - {"trains", "refits"})
