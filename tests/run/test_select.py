"""Which samples of some data are taken."""

import torch

from xaiplug.config.schema import DataEntry
from xaiplug.data.samples import Samples
from xaiplug.run.select import select


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
