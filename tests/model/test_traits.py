"""What can be read from a network."""

import functools
import subprocess
import sys

import pytest
import torch
from torch import nn

from xaiplug import Model
from xaiplug.model.traits import traits


class Holding(nn.Module):
    def __init__(self, held):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        with torch.no_grad():
            for parameter in self.linear.parameters():
                parameter.fill_(0.5)
        self.held = held

    def forward(self, x):
        return self.linear(x)


def one(x):
    return x


def two(x):
    return x + 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (1, 2),
        (1, 1.0),
        (1, True),
        (None, ""),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        ([[1, (2, {"b": 3.0})]], [[1, (2, {"b": 4.0})]]),
        (torch.zeros(2), torch.ones(2)),
        ([torch.zeros(2)], [torch.ones(2)]),
        (one, two),
        (functools.partial(one, 1), functools.partial(one, 2)),
        (torch.float32, torch.float64),
        (nn.Linear, nn.Conv2d),
    ],
    ids=lambda value: str(value)[:12],
)
def test_an_attribute_counts(before, after):
    assert traits(Holding(before)) != traits(Holding(after))
    assert traits(Holding(before)) == traits(Holding(before))


def test_objects_count_by_their_class_alone():
    class Note:
        pass

    assert traits(Holding(Note())) == traits(Holding(Note()))


def test_modes_and_hooks_that_are_gone_do_not_count():
    net = Holding(1)
    before = Model(net).fingerprint()
    net.train()
    net.register_forward_hook(lambda *_: None).remove()
    assert Model(net).fingerprint() == before
    net.register_forward_hook(two)
    assert Model(net).fingerprint() != before


def test_an_attribute_of_an_inner_module_and_a_buffer_that_is_not_saved_count():
    def net(p, value):
        inner = nn.Sequential(nn.Dropout(p))
        inner.register_buffer("b", torch.tensor(value), persistent=False)
        return inner

    before = traits(net(0.1, 1.0))
    assert {name for name, value in traits(net(0.2, 1.0)).items() if value != before[name]} == {"attributes of"}
    assert {name for name, value in traits(net(0.1, 2.0)).items() if value != before[name]} == {"buffers of"}


def test_releases_are_named_and_own_code_is_hashed():
    found = traits(Holding(1))
    assert found["release of torch"] == torch.__version__.partition("+")[0]
    assert f"network '{__name__}:Holding'" in found
    assert not [name for name in found if "torch.nn" in name]


def test_a_network_of_no_file_has_the_source_of_its_class():
    """As in a notebook: `exec` with and without lines that can be found."""
    code = "import torch\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x * {}\n"

    def made(factor):
        names = {"__name__": "notebook_of_a_test"}
        sys.modules["notebook_of_a_test"] = type(sys)("notebook_of_a_test")
        exec(code.format(factor), names)
        return traits(names["Net"]())

    assert made(1) == made(1)
    assert made(1) != made(2)
    del sys.modules["notebook_of_a_test"]


def test_the_same_in_every_process():
    code = f"""
import sys
sys.path.insert(0, {str(__file__.rpartition("/")[0])!r})
from test_traits import Holding, one
from xaiplug import Model
print(Model(Holding({{"a": {{1, 2, 3, "x", "y"}}, "f": one}})).fingerprint())
"""
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(found) == 1
