"""Common corruptions (Hendrycks and Dietterich, 2019), written with torch alone: one image in, one image out.

Every function takes an image (C,H,W) in [0,1], any number of channels, the published constants of a severity, and a
generator for its draws. Lengths in pixels are published for sides of 224 and scaled to the image's shorter side.
Here and in `weather.py` and `warps.py` are all 19 kinds. Published frost is photographs of frost, which are no part of
this package: here it is drawn.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from xaiplug_imputers.filters import bell, blurred, filtered, nonzero, normal, scale, streak
from xaiplug_imputers.warps import elastic, glass_blur, jpeg, zoom_blur
from xaiplug_imputers.weather import snow, spatter

_ICE = (0.86, 0.93, 1.0)


def gaussian_noise(image: Tensor, sigma: float, generator: Generator) -> Tensor:
    return image + sigma * normal(image, generator)


def speckle_noise(image: Tensor, sigma: float, generator: Generator) -> Tensor:
    return image + image * sigma * normal(image, generator)


def shot_noise(image: Tensor, photons: float, generator: Generator) -> Tensor:
    """Counts of a detector that sees `photons` where an image is 1."""
    drawn = torch.poisson((image.clamp(0, 1) * photons).cpu(), generator=generator)
    return drawn.to(image) / photons


def impulse_noise(image: Tensor, share: float, generator: Generator) -> Tensor:
    """A share of all values becomes 0 or 1, with equal chance."""
    drawn = torch.rand(image.shape, generator=generator).to(image.device)
    return torch.where(drawn < share / 2, 0.0, torch.where(drawn < share, 1.0, image)).to(image)


def gaussian_blur(image: Tensor, sigma: float, generator: Generator) -> Tensor:
    return blurred(image, sigma * scale(image))


def defocus_blur(image: Tensor, lens: tuple[float, float], generator: Generator) -> Tensor:
    """A disc of the first number's radius, its edge half a pixel soft, smoothed by the second."""
    radius = lens[0] * scale(image)
    reach = math.ceil(radius + 0.5)
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    disc = (radius + 0.5 - (steps[:, None] ** 2 + steps**2).sqrt()).clamp(0, 1)
    smooth = filtered(filtered(F.pad(disc[None], (2, 2, 2, 2)), bell(lens[1])[:, None]), bell(lens[1])[None])[0]
    return filtered(image, smooth / smooth.sum())


def motion_blur(image: Tensor, way: tuple[float, float], generator: Generator) -> Tensor:
    """One-sided bell along a line at up to 45 degrees from level: the first number is its half length."""
    angle = 90 * torch.rand((), generator=generator, dtype=torch.float64).item() - 45
    return filtered(image, streak(2 * way[0] * scale(image), way[1] * scale(image), angle))


def fog(image: Tensor, weather: tuple[float, float], generator: Generator) -> Tensor:
    """A plasma fractal is added, and the whole brought back to the image's own maximum."""
    strength, decay = weather
    cloud = plasma(max(image.shape[1:]), decay, generator)[: image.shape[1], : image.shape[2]].to(image)
    highest = image.max()
    return (image + strength * cloud) * highest / (highest + strength)


def frost(image: Tensor, weather: tuple[float, float], generator: Generator) -> Tensor:
    """Frost is laid over a paler image: `weather` is the share of the image, and that of the frost.

    Published are six photographs of frost. Here it is drawn: pale blue veins of ice along the level lines of three
    plasma fractals, over a fourth. An image of one channel gets the mean of the colour.
    """
    share, strength = weather
    height, width = image.shape[1:]
    ice, *levels = (plasma(max(height, width), 1.35, generator)[:height, :width] for _ in range(4))
    veins = torch.stack([(1 - (2 * level - 1).abs()) ** 4 for level in levels]).amax(0)
    colour = image.new_tensor(_ICE)
    colour = colour if len(image) == 3 else colour.mean().expand(len(image))
    return share * image + strength * (0.25 + 0.75 * torch.maximum(veins, ice**2)).to(image) * colour[:, None, None]


def brightness(image: Tensor, shift: float, generator: Generator) -> Tensor:
    """The value of HSV (the largest channel) is raised; hue and saturation stay."""
    value = image.amax(0, keepdim=True)
    raised = (value + shift).clamp(max=1)
    return torch.where(value > 0, image / nonzero(value) * raised, raised.expand_as(image))


def contrast(image: Tensor, factor: float, generator: Generator) -> Tensor:
    mean = image.mean((1, 2), keepdim=True)
    return (image - mean) * factor + mean


def saturate(image: Tensor, change: tuple[float, float], generator: Generator) -> Tensor:
    """The saturation of HSV times the first number plus the second; grey has no hue and stays grey."""
    value = image.amax(0, keepdim=True)
    saturation = (value - image.amin(0, keepdim=True)) / nonzero(value)
    wanted = (saturation * change[0] + change[1]).clamp(0, 1)
    return torch.where(saturation > 0, value - (value - image) / nonzero(saturation) * wanted, image)


def pixelate(image: Tensor, factor: float, generator: Generator) -> Tensor:
    """Averaged over boxes on a grid `factor` times as fine, and blown up."""
    height, width = (max(1, int(side * factor)) for side in image.shape[1:])
    return F.interpolate(F.adaptive_avg_pool2d(image[None], (height, width)), image.shape[1:], mode="nearest")[0]


def plasma(side: int, decay: float, generator: Generator) -> Tensor:
    """Diamond-square fractal on a torus, in [0,1]: at least (side,side), float64; its roughness falls by decay² a step.

    (Published code multiplies the roughness into its draws twice, hence the square.)
    """
    size = 1 << max(1, side - 1).bit_length()
    height = torch.zeros(size, size, dtype=torch.float64)
    step, rough = size, 1.0
    while step >= 2:
        half = step // 2

        def around(near: Tensor, far: Tensor, rough: float = rough) -> Tensor:
            noise = 2 * torch.rand(near.shape, generator=generator, dtype=torch.float64) - 1
            return (near + far) / 4 + rough * noise

        corner = height[::step, ::step]
        level = corner + corner.roll(-1, 0)
        height[half::step, half::step] = around(level, level.roll(-1, 1))
        centre = height[half::step, half::step]
        height[::step, half::step] = around(centre + centre.roll(1, 0), corner + corner.roll(-1, 1))
        height[half::step, ::step] = around(centre + centre.roll(1, 1), corner + corner.roll(-1, 0))
        step, rough = half, rough / decay**2
    height -= height.min()
    return height / height.max().clamp(min=1e-12)


Corrupt = Callable[[Tensor, Any, Generator], Tensor]

CORRUPTIONS: dict[str, tuple[Corrupt, tuple[Any, ...]]] = {
    "gaussian-noise": (gaussian_noise, (0.08, 0.12, 0.18, 0.26, 0.38)),
    "shot-noise": (shot_noise, (60, 25, 12, 5, 3)),
    "impulse-noise": (impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27)),
    "speckle-noise": (speckle_noise, (0.15, 0.2, 0.35, 0.45, 0.6)),
    "gaussian-blur": (gaussian_blur, (1, 2, 3, 4, 6)),
    "defocus-blur": (defocus_blur, ((3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5))),
    "motion-blur": (motion_blur, ((10, 3), (15, 5), (15, 8), (15, 12), (20, 15))),
    "fog": (fog, ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4))),
    "brightness": (brightness, (0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": (contrast, (0.4, 0.3, 0.2, 0.1, 0.05)),
    "saturate": (saturate, ((0.3, 0), (0.1, 0), (2, 0), (5, 0.1), (20, 0.2))),
    "pixelate": (pixelate, (0.6, 0.5, 0.4, 0.3, 0.25)),
    "glass-blur": (glass_blur, ((0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2))),
    "zoom-blur": (zoom_blur, ((1.1, 0.01), (1.15, 0.01), (1.2, 0.02), (1.25, 0.02), (1.3, 0.03))),
    "snow": (
        snow,
        (
            (0.1, 0.3, 3, 0.5, 10, 4, 0.8),
            (0.2, 0.3, 2, 0.5, 12, 4, 0.7),
            (0.55, 0.3, 4, 0.9, 12, 8, 0.7),
            (0.55, 0.3, 4.5, 0.85, 12, 8, 0.65),
            (0.55, 0.3, 2.5, 0.85, 12, 12, 0.55),
        ),
    ),
    "spatter": (
        spatter,
        (
            (0.65, 0.3, 4, 0.69, 0.6, False),
            (0.65, 0.3, 3, 0.68, 0.6, False),
            (0.65, 0.3, 2, 0.68, 0.5, False),
            (0.65, 0.3, 1, 0.65, 1.5, True),
            (0.67, 0.4, 1, 0.65, 1.5, True),
        ),
    ),
    "elastic": (
        elastic,
        ((488, 170.8, 24.4), (488, 19.52, 48.8), (12.2, 2.44, 4.88), (17.08, 2.44, 4.88), (29.28, 2.44, 4.88)),
    ),
    "jpeg": (jpeg, (25, 18, 15, 10, 7)),
    "frost": (frost, ((1, 0.4), (0.8, 0.6), (0.7, 0.7), (0.65, 0.7), (0.6, 0.75))),
}
"""Name -> the function and its constants for severity 1 to 5."""
