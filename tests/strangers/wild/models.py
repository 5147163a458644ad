"""Untrained networks by name."""

from torch import nn

from xaiplug import Model, ModelSource
from xaiplug.errors import ModelError


class Zoo(ModelSource):
    """Networks on grey images of 8 x 8 pixels, `zoo:mouse`."""

    example = "mouse"
    classes: int = 2
    """What they tell apart."""

    def load(self, name, **further):
        widths = {"mouse": 4, "horse": 16}
        if name not in widths:
            raise ModelError(f"no animal '{name}' in the zoo")
        layers = (nn.Flatten(), nn.Linear(64, widths[name]), nn.Tanh(), nn.Linear(widths[name], self.classes))
        names = ("plain", "spotted", "striped")[: self.classes]
        return Model(nn.Sequential(*layers).eval(), class_names=names, name=name)

    def trial(self, folder):
        return "mouse", {}
