"""Components around a library's classes: fields are the parameters of its signatures."""

from typing import Literal

import pytest

from xaiplug import Explainer
from xaiplug.errors import ComponentError
from xaiplug.kinds.borrowed import borrowed, parameters
from xaiplug.kinds.fields import field_docs, type_name


def theirs(model, steps: int = 20, sigma: float = 0.5, mode: Literal["a", "b"] = "a", size: int | None = None,
           shares=(0.1, 0.2), func=len, data=None, **kwargs):  # fmt: skip
    """Explain.

    Args:
        steps (int, optional): How many steps are taken. More are
            slower.
        sigma: Width of the
            noise.
    """


class Base(Explainer):
    def explain(self, query):
        return query.inputs * self.steps


def test_plain_parameters_become_fields():
    found = parameters(theirs, ["size"])
    assert {name: one.default for name, one in found.items()} == {
        "steps": 20, "sigma": 0.5, "mode": "a", "shares": (0.1, 0.2),
    }  # fmt: skip
    made = borrowed(Base, "Made", __name__, "Made of theirs.", parameters(theirs), needs=("baseline",))
    assert made.needs == ("baseline",)
    assert made().params() == {"steps": 20, "sigma": 0.5, "mode": "a", "size": None, "shares": [0.1, 0.2]}
    assert type_name(made, "mode") == "a | b"
    assert type_name(made, "size") == "int | None"
    docs = field_docs(made)
    assert docs["steps"] == "How many steps are taken."
    assert docs["sigma"] == "Width of the noise."
    assert docs["mode"] == "`mode` of the library, as it names it."
    with pytest.raises(ComponentError, match="did you mean 'steps'"):
        made(step=3)
    with pytest.raises(ComponentError, match="valid integer"):
        made(steps="3")
