from __future__ import annotations

import dataclasses
import pickle
from typing import Annotated, Literal

import pytest
from annotated_types import Ge, Le

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug.kinds.fields import field_docs, type_name

Mode = Literal["fast", "slow"]


class Steps(xaiplug.Explainer):
    """An explainer with every sort of field."""

    steps: int = 5
    """How many."""
    rates: tuple[float, ...] = (0.1, 0.5)
    kind_of: str | None = None
    share: Annotated[float, Ge(0), Le(1)] | None = None
    mode: Mode = "fast"

    def explain(self, query):
        return query.inputs


class More(Steps):
    """It inherits fields and their documentation."""

    extra: float = 1.0
    """Another."""


def test_fields_are_frozen_and_keyword_only():
    made = Steps(steps=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.steps = 4
    with pytest.raises(TypeError):
        Steps(3)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"stepps": 3}, r"stepps: unknown parameter; did you mean 'steps'\?"),
        ({"steps": "3"}, "steps: Input should be a valid integer, got '3'"),
        ({"steps": True}, "steps: Input should be a valid integer, got True"),
        ({"steps": 2.5}, "steps: Input should be a valid integer, got 2.5"),
        ({"rates": [0.1, "x"]}, "rates.1: Input should be a valid number, got 'x'"),
    ],
)
def test_a_wrong_parameter_is_an_error_that_names_it(params, message):
    with pytest.raises(ComponentError, match=message):
        Steps(**params)


def test_all_problems_are_reported_at_once():
    with pytest.raises(ComponentError) as caught:
        Steps(stepps=1, steps="a", rates=3)
    assert [problem.path[0] for problem in caught.value.problems] == ["stepps", "steps", "rates"]


def test_lists_of_yaml_become_tuples_and_integers_become_floats():
    assert Steps(rates=[1, 2.0]).rates == (1.0, 2.0)


def test_fields_and_their_documentation_are_inherited():
    assert More(steps=2).params() == {
        "steps": 2,
        "rates": [0.1, 0.5],
        "kind_of": None,
        "share": None,
        "mode": "fast",
        "extra": 1.0,
    }
    assert field_docs(More) == {"steps": "How many.", "extra": "Another."}
    assert type_name(More, "rates") == "tuple[float, ...]"
    assert type_name(More, "share") == "float >= 0 <= 1 | None"
    assert type_name(Steps, "mode") == "fast | slow"


def test_components_pickle():
    assert pickle.loads(pickle.dumps(Steps(steps=7))).params() == Steps(steps=7).params()


def test_a_use_field_takes_a_name_a_pair_a_mapping_or_an_instance(mine):
    for base in (
        "mine",
        ("mine", {"steps": 5}),
        {"use": "mine/mine", "params": {"steps": 5}},
        mine.create("explainer", "mine"),
    ):
        wrapped = mine.create("explainer", "wrap", {"base": base})
        assert wrapped.base.steps == 5
        assert wrapped.describe() == {
            "use": "mine/wrap",
            "params": {"base": {"use": "mine/mine", "params": {"steps": 5}}},
        }


def test_a_use_field_reports_the_inner_path(mine):
    with pytest.raises(ComponentError, match=r"base\.params\.stps: unknown parameter; did you mean 'steps'"):
        mine.create("explainer", "wrap", {"base": ("mine", {"stps": 1})})
    with pytest.raises(ComponentError, match="base: unknown explainer 'mime'; did you mean 'mine'"):
        mine.create("explainer", "wrap", {"base": "mime"})
    with pytest.raises(ComponentError, match="base: expected a component of kind explainer"):
        mine.create("explainer", "wrap", {"base": 3})


def test_params_are_the_way_back(mine):
    made = mine.create("explainer", "wrap", {"base": ("mine", {"steps": 9})})
    assert mine.create("explainer", "wrap", made.params()).describe() == made.describe()
