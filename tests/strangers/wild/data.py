"""Drawn images by name."""

import torch

from xaiplug import DataSource, Samples
from xaiplug.errors import DataError


def dots(seed, count):
    """Noise (count,1,8,8); every second image has a bright dot, whose place (count,8,8) is relevant."""
    draw = torch.Generator().manual_seed(seed)
    images = 0.3 * torch.rand(40, 1, 8, 8, generator=draw)
    rows, columns = torch.randint(8, (2, 40), generator=draw)
    labels = torch.arange(40) % 2
    relevant = torch.zeros(40, 8, 8, dtype=torch.bool)
    relevant[torch.arange(40), rows, columns] = labels.bool()
    images = torch.where(relevant[:, None], 1.0, images)
    return Samples(images, labels, relevant, tuple(f"{seed}-{number}" for number in range(40)))[:count]


class Savanna(DataSource):
    """Images with and without a dot, `savanna:dots`."""

    example = "dots"

    def load(self, name, *, split, limit, **further):
        if name != "dots":
            raise DataError(f"no '{name}' in the savanna")
        if split not in (None, "day", "night"):
            raise DataError(f"no split '{split}' in the savanna")
        return dots(int(split == "night"), limit)

    def trial(self, folder):
        return "dots", {}
