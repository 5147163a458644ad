"""Networks, each from a batch of inputs to one number a class.

`model.yaml` names them as `xaiplug_trainers.networks:<Class>`.
"""

from xaiplug_trainers.networks.small_cnn import SmallCNN
from xaiplug_trainers.networks.table import build, kwargs_for

__all__ = ["SmallCNN", "build", "kwargs_for"]
