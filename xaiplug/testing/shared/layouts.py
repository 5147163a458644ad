"""The same scene, laid out otherwise in memory."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor

from xaiplug.testing.shared.scenes import Scene


def channels_last(made: Scene) -> Scene:
    """Images, baselines and the weights of the network with the channel as the fastest index."""
    last = torch.channels_last
    return made.replace(
        network=deepcopy(made.network).to(memory_format=last),
        inputs=made.inputs.contiguous(memory_format=last),
        baseline=made.baseline.transpose(2, -1).contiguous().transpose(2, -1),
        references=made.references.transpose(2, -1).contiguous().transpose(2, -1),
    )


def spread(made: Scene) -> Scene:
    """Every tensor a window of one that is twice as wide."""
    return made.replace(
        inputs=gapped(made.inputs),
        labels=gapped(made.labels),
        baseline=gapped(made.baseline),
        references=gapped(made.references),
        relevant=gapped(made.relevant),
    )


def gapped(values: Tensor) -> Tensor:
    """The same numbers, with others between their rows."""
    return torch.cat([values, values], -1)[..., : values.shape[-1]]
