"""Absence as damage: what is removed comes from a worse copy of the same image (MoXI, Sec. 5.3 and App. G)."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor

from xaiplug import Imputer, Query, Target
from xaiplug.data.seeds import generator
from xaiplug.errors import ShapeError
from xaiplug.game.removal import PixelRemoval
from xaiplug.model.query import Removal
from xaiplug_imputers.baseline import BaselineImputer
from xaiplug_imputers.corruptions import CORRUPTIONS

Kind = Literal[
    "gaussian-noise",
    "shot-noise",
    "impulse-noise",
    "speckle-noise",
    "gaussian-blur",
    "defocus-blur",
    "motion-blur",
    "fog",
    "brightness",
    "contrast",
    "saturate",
    "pixelate",
    "glass-blur",
    "zoom-blur",
    "snow",
    "spatter",
    "elastic",
    "jpeg",
    "frost",
]


class Worsened(Imputer):
    """What is kept stays, the rest becomes that of a worse image, made once per query."""

    reads_only = True
    expected_failures: ClassVar[dict[str, str]] = {
        "removed-features": "by intent: what is removed is the same feature, damaged, and still has something to say"
    }

    @abstractmethod
    def worse(self, query: Query) -> Tensor:
        """(B,*shape), like the inputs."""

    def bind(self, query: Query) -> Removal:
        return PixelRemoval(BaselineImputer(), query.replace(baseline=self.worse(query)[None]))


class Corruption(Worsened):
    """What is removed comes from a corrupted copy: noise, blur, fog, ...

    After Hendrycks and Dietterich (2019). The whole image is corrupted, each by draws from its own seed, clipped to
    [0,1]; groups are then cut from it. The kinds and their constants are in `corruptions.py`. Frost is drawn here;
    published are photographs of it.

    Raises:
        ShapeError: inputs are no images.
    """

    name: Kind = "gaussian-noise"
    """What is done to the image."""
    severity: Annotated[int, Ge(1), Le(5)] = 5
    """1 to 5; the paper has 5."""

    def worse(self, query: Query) -> Tensor:
        if query.inputs.ndim != 4:
            raise ShapeError(f"corruptions are for images (B,C,H,W), got {tuple(query.inputs.shape)}")
        corrupt, constants = CORRUPTIONS[self.name]
        place = list(CORRUPTIONS).index(self.name)
        images = [
            corrupt(image, constants[self.severity - 1], generator(seed, place, self.severity))
            for image, seed in zip(query.inputs, query.seeds.tolist(), strict=True)
        ]
        return torch.stack(images).clamp(0, 1)


class PGD(Worsened):
    """What is removed comes from an adversarial copy.

    Untargeted PGD in L2 (Madry et al., 2018). From the input itself, `steps` times: a step of length `alpha` down the
    gradient of the target's log-probability, back into the ball of radius `epsilon` around the input, and into the
    pixel range (the model's, else [0,1]). Lengths are in pixel space. One forward and one backward per step.

    Lengths are of a whole image, and the paper's are of 224 x 224 pixels: an image of side s is moved as far a pixel by
    `epsilon` and `alpha` times s / 224.
    """

    epsilon: Annotated[float, Gt(0)] = 1.0
    """Largest L2 norm of the perturbation of an image."""
    alpha: Annotated[float, Gt(0)] = 0.2
    """Length of a step."""
    steps: Annotated[int, Ge(1)] = 10
    """Steps; the paper does not say how many."""

    def worse(self, query: Query) -> Tensor:
        one_output = query.logits.shape[1] == 1
        asked = query.replace(target=Target(query.target.index, "logit" if one_output else "log_probability"))
        low, high = query.model.input_range or (0.0, 1.0)
        low, high = min(low, float(query.inputs.min())), max(high, float(query.inputs.max()))
        found = query.inputs
        for _ in range(self.steps):
            gradient = asked.gradient(found)
            away = found - self.alpha * gradient / _norm(gradient) - query.inputs
            away = away * (self.epsilon / _norm(away)).clamp(max=1)
            found = (query.inputs + away).clamp(low, high)
        return found


def _norm(values: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(values.flatten(1), dim=1).clamp(min=1e-12)
    return norm.view(-1, *[1] * (values.ndim - 1))
