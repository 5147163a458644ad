"""Snow and spatter, of the common corruptions (Hendrycks and Dietterich, 2019)."""

from __future__ import annotations

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from skimage.exposure import equalize_hist
from skimage.feature import canny
from torch import Generator, Tensor

from xaiplug_imputers.filters import blurred, filtered, magnified, scale, streak

_WATER, _MUD = (175, 238, 238), (63, 42, 20)
_RELIEF = ((-2.0, -1.0, 0.0), (-1.0, 1.0, 1.0), (0.0, 1.0, 2.0))


def snow(image: Tensor, weather: tuple[float, ...], generator: Generator) -> Tensor:
    """Flakes, drawn out by the wind, over an image that is paler; once as they fall and once turned about.

    `weather`: mean and deviation of the flakes' noise, their magnification, the threshold below which there is none,
    half length and width of the streaks, the share of the image that is not paled.
    """
    mean, deviation, size, threshold, length, sigma, share = weather
    noise = mean + deviation * torch.randn(image.shape[1:], generator=generator, dtype=torch.float64)
    flakes = magnified(noise[None], size)
    flakes = flakes.masked_fill(flakes < threshold, 0).clamp(0, 1)
    angle = 45 + 90 * torch.rand((), generator=generator, dtype=torch.float64).item()
    flakes = filtered(flakes, streak(2 * length * scale(image), sigma * scale(image), angle)).to(image)
    grey = image.mean(0, keepdim=True)
    paler = share * image + (1 - share) * torch.maximum(image, grey * 1.5 + 0.5)
    return paler + flakes + flakes.rot90(2, (1, 2))


def spatter(image: Tensor, weather: tuple[float, ...], generator: Generator) -> Tensor:
    """Drops of water that shine at their edges, or stains of mud.

    `weather`: mean and deviation of the liquid's noise, its blur, the threshold below which there is none, the strength
    of water or the blur of mud, and whether it is mud. An image of one channel gets the mean of the colour.
    """
    mean, deviation, sigma, threshold, strength, mud = weather
    noise = mean + deviation * torch.randn(image.shape[1:], generator=generator, dtype=torch.float64)
    liquid = blurred(noise[None], sigma * max(scale(image), 0.25))
    liquid = liquid.masked_fill(liquid < threshold, 0)
    colour = torch.tensor(_MUD if mud else _WATER, dtype=image.dtype) / 255
    colour = (colour if len(image) == 3 else colour.mean().expand(len(image))).to(image)[:, None, None]
    if mud:
        stain = blurred((liquid > threshold).double(), strength * scale(image)).to(image)
        stain = stain.masked_fill(stain < 0.8, 0)
        return image * (1 - stain) + colour * stain
    drops = (liquid * _relief(liquid[0])).to(image)
    return image + drops / drops.max().clamp(min=1e-6) * strength * colour


def _relief(liquid: Tensor) -> Tensor:
    """How a drop's edge shines (1,H,W): the distance to it, evened out and lit from one corner."""
    edge = canny(liquid.numpy(), sigma=1.0, low_threshold=50 / 255, high_threshold=150 / 255)  # type: ignore[no-untyped-call]
    away = np.minimum(distance_transform_edt(~edge), 20) if edge.any() else np.full(liquid.shape, 20.0)
    even = torch.from_numpy(equalize_hist(away))[None]  # type: ignore[no-untyped-call]
    third = torch.full((3, 3), 1 / 9, dtype=torch.float64)
    lit = filtered(filtered(even, third), torch.tensor(_RELIEF, dtype=torch.float64))
    return filtered(lit, third).clamp(min=0)
