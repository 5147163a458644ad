"""A task, and one of the days when tasks were no components."""

import torch
from torch import nn

from wild.data import dots
from xaiplug import Model, Task
from xaiplug.errors import DataError
from xaiplug.model.export import save_export


class Brightest(nn.Module):
    """Spotted (class 1) where the brightest pixel is above the threshold."""

    def __init__(self, threshold):
        super().__init__()
        self.threshold = nn.Parameter(torch.tensor(threshold))

    def forward(self, x):
        above = x.flatten(1).amax(1) - self.threshold
        return torch.stack([-above, above], 1)


def fitted(samples, output, name):
    """The export of a network whose threshold lies between the two classes."""
    spotted = samples.labels == 1
    heights = samples.inputs.flatten(1).amax(1)
    threshold = float(heights[spotted].mean() + heights[~spotted].mean()) / 2
    model = Model(Brightest(threshold), class_names=("plain", "spotted"), name=name)
    return save_export(model, output, threshold=threshold)


class Spots(Task):
    """Is there a dot?"""

    quick = {"count": 20}

    def key(self, **params):
        return f"spots-{self._count(**params)}"

    def samples(self, split, *, limit=None, **params):
        if split not in self.splits:
            raise DataError(f"no split '{split}'")
        return dots(2 + self.splits.index(split), self._count(**params))[:limit]

    def train(self, output, arguments=(), *, fold=None, **params):
        return fitted(self.samples("train", **params), output, "spots")

    def refit(self, output, train, *, seed, fold=None, **params):
        return fitted(train, output, "spots")

    def _count(self, *, count=40):
        return count


class OldSpots:
    """The same as an object that is no component."""

    splits = ("train", "test")

    def folds(self, **params):
        return 1

    def key(self, **params):
        return "old"

    def samples(self, split, *, limit=None, **params):
        return dots(2 + self.splits.index(split), limit)

    def train(self, output, arguments=(), *, fold=None, **params):
        return fitted(self.samples("train"), output, "old-spots")

    def refit(self, output, train, *, seed, fold=None, **params):
        return fitted(train, output, "old-spots")


old_spots = OldSpots()
