"""What stands for a component in an address: its name, its parameters, and every wheel that has a part in it."""

import pytest

from xaiplug import component
from xaiplug.run.key import _used, identity


def test_every_wheel_of_a_component_is_in_its_identity():
    made = component(
        "explainer", "superpixel", base="smoothgrad", smoothgrad="dynamic", segmenter=("grid", {"patch": 4})
    )
    found = identity(made, wheel=lambda name: f"version of {name}")
    wheels = {f"plug-in '{name}'": f"version of {name}" for name in ("superpixel", "classic")}
    assert {leaf: value for leaf, value in found.items() if leaf.startswith("plug-in")}.items() >= wheels.items()
    assert found["name of"] == "superpixel/superpixel"
    assert identity(None) == {"name of": ""}


@pytest.mark.parametrize(
    ("described", "wheels"),
    [
        ({"use": "a/one", "params": {}}, ["a"]),
        ({"use": "module:One", "params": {}}, ["module:One"]),
        (
            {"use": "a/one", "params": {"base": {"use": "b/two", "params": {"x": {"use": "c/three", "params": {}}}}}},
            list("abc"),
        ),
        (
            {"use": "a/one", "params": {"several": [{"use": "b/two", "params": {}}, 3, {"use": "c/x", "params": {}}]}},
            list("abc"),
        ),
        ({"use": "a/one", "params": {"mapping": {"use": "no component"}, "word": "b/two"}}, ["a"]),
        ({"use": 3, "params": {}}, []),
    ],
)
def test_wheels_are_found_at_any_depth(described, wheels):
    assert list(_used(described)) == wheels
