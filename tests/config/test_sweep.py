"""Sweeps."""

import pytest

from xaiplug.config.schema import ComponentEntry
from xaiplug.config.sweep import expand


def labels(**entry):
    return [swept.label for swept in expand("ig", ComponentEntry(use="ig", **entry))]


def test_without_a_sweep_there_is_one_with_its_own_name():
    assert labels(params={"steps": 3}) == ["ig"]


def test_grid_takes_every_combination():
    assert labels(grid={"steps": [1, 2], "rule": ["left", "right"]}) == [
        "ig[steps=1,rule=left]",
        "ig[steps=1,rule=right]",
        "ig[steps=2,rule=left]",
        "ig[steps=2,rule=right]",
    ]


def test_zip_goes_through_its_lists_together_and_combines_with_grid():
    assert labels(zip={"a": [1, 2], "b": [3, 4]}, grid={"c": [True, False]}) == [
        "ig[a=1,b=3,c=true]",
        "ig[a=1,b=3,c=false]",
        "ig[a=2,b=4,c=true]",
        "ig[a=2,b=4,c=false]",
    ]


def test_components_are_swept_by_their_name_and_params_stay():
    (one, other) = expand("s", ComponentEntry(use="s", params={"n": 1}, grid={"base": [{"use": "ig"}, "sg"]}))
    assert (one.label, other.label) == ("s[base=ig]", "s[base=sg]")
    assert one.params == {"n": 1, "base": {"use": "ig"}}


def test_a_swept_value_knows_where_it_was_written():
    *_, last = expand("s", ComponentEntry(use="s", params={"n": 1}, grid={"base": ["a", "b"]}))
    assert last.place(("base", "params", "x")) == ("grid", "base", 1, "params", "x")
    assert last.place(("n",)) == ("params", "n")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"zip": {"a": [1], "b": [1, 2]}}, "one length, got a 1, b 2"),
        ({"params": {"a": 1}, "grid": {"a": [1]}}, "'a' is in params and in grid"),
        ({"zip": {"a": [1]}, "grid": {"a": [1]}}, "'a' is in grid and in zip"),
    ],
)
def test_a_sweep_that_contradicts_itself_is_refused(entry, message):
    with pytest.raises(ValueError, match=message):
        ComponentEntry(use="ig", **entry)
