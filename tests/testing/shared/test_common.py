"""What copies of a component are compared by."""

from types import SimpleNamespace

import pytest
import torch

from xaiplug.testing.explainer.examples import Gradient
from xaiplug.testing.shared import common
from xaiplug.testing.shared.running import run_check


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ((b"same", b"same"), "passed"),
        ((b"one", b"other"), "failed"),
        ((["a", 1], ["a", 1]), "passed"),
        ((torch.ones(2), torch.ones(2) + 1e-7), "passed"),
        ((torch.ones(2), torch.zeros(2)), "failed"),
        (("text", torch.ones(2)), "failed"),
    ],
)
@pytest.mark.parametrize("check", common.COMMON, ids=lambda check: check.name)
def test_tensors_are_the_same_to_rounding_and_anything_else_is_equal(check, outcomes, status, monkeypatch):
    given = iter(outcomes)
    room = SimpleNamespace(outcome=lambda component, original: next(given))
    monkeypatch.setattr(common, "room_of", lambda kind: room)
    assert run_check(check, Gradient()).status == status
