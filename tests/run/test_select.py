"""Which samples of some data are taken."""

import pytest
import torch
from torch import nn

from xaiplug.config.schema import DataEntry
from xaiplug.data.samples import Samples
from xaiplug.model import Model
from xaiplug.run import select as file
from xaiplug.run.select import filtered, select


def test_a_tag_is_whatever_is_not_zero():
    """True, a number of any sign, or a row of which one is such."""
    columns = {
        "flag": torch.tensor([False, True, False, True]),
        "count": torch.tensor([0, 1, 2, -1]),
        "row": torch.tensor([[0, 0], [1, 1], [0, 2], [1, 0]]),
        "square": torch.tensor([[[0.0, 0]], [[0, 0.5]], [[0, 0]], [[1, 1]]]),
    }
    samples = Samples(torch.rand(4, 2), torch.zeros(4, dtype=torch.int64), extras=columns)
    taken = {tag: select("d", DataEntry(use="task:x", tag=tag), samples, None).indices for tag in columns}
    assert taken == {"flag": (1, 3), "count": (1, 2, 3), "row": (1, 2, 3), "square": (1, 3)}


class Counted(nn.Module):
    """Its inputs are its logits."""

    rows = 0

    def forward(self, x):
        self.rows += len(x)
        return x * 1.0


@pytest.fixture
def labelled():
    """Twelve samples of classes 0, 0, 0, 1, ...; the network takes each second for one of the third class."""
    labels = torch.tensor([0, 0, 0, 1] * 3)
    logits = nn.functional.one_hot(labels, 3).float()
    logits[::2] = torch.tensor([0.5, 0.4, 1.0])
    return Samples(logits, labels)


@pytest.mark.parametrize(
    ("entry", "rows"),
    [
        ({"keep": "correct"}, (1, 3, 5, 7, 9, 11)),
        ({"keep": "top-1"}, (1, 3, 5, 7, 9, 11)),
        ({"keep": "top-2", "limit": 5}, (0, 1, 2, 3, 4)),
        ({"keep": "correct", "limit": 3}, (1, 3, 5)),
        ({"keep": "correct", "per_class": 1, "limit": 2}, (1, 3)),
        ({"keep": "correct", "per_class": 2}, (1, 3, 5, 7)),
        ({"per_class": 1, "limit": 1}, (0,)),
    ],
)
def test_filters_come_before_the_limit(labelled, entry, rows):
    assert select("d", DataEntry(use="task:x", **entry), labelled, Model(Counted())).indices == rows


@pytest.mark.parametrize(("entry", "asked"), [({"limit": 1}, 4), ({"limit": 1, "per_class": 1}, 12), ({}, 12)])
def test_the_network_is_asked_until_there_are_enough(labelled, entry, asked, monkeypatch):
    monkeypatch.setattr(file, "CHUNK", 4)
    net = Counted()
    select("d", DataEntry(use="task:x", keep="correct", **entry), labelled, Model(net))
    assert net.rows == asked


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({}, False),
        ({"limit": 3}, False),
        ({"keep": "correct"}, True),
        ({"keep": "top-2"}, True),
        ({"per_class": 1}, True),
        ({"tag": "even"}, True),
    ],
)
def test_what_leaves_samples_out(entry, expected):
    assert filtered(DataEntry(use="task:x", **entry)) is expected
