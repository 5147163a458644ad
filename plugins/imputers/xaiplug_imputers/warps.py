"""Corruptions that move pixels or store them: glass and zoom blur, elastic, JPEG (Hendrycks and Dietterich, 2019)."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from xaiplug_imputers.filters import blurred, magnified, scale, warped


def glass_blur(image: Tensor, glass: tuple[float, int, int], generator: Generator) -> Tensor:
    """Blurred, every pixel swapped with one near it, some times over, and blurred again.

    `glass`: deviation of the blur, how far a pixel moves at most, how often.
    """
    sigma, reach, rounds = glass[0] * scale(image), max(1, round(glass[1] * scale(image))), glass[2]
    height, width = image.shape[1:]
    place = np.arange(height * width).reshape(height, width)
    inside = (slice(reach, height - reach), slice(reach, width - reach))
    rows, columns = (part[inside].ravel()[::-1] for part in np.mgrid[:height, :width])
    for _ in range(rounds):
        moved = torch.randint(-reach, reach + 1, (2, len(rows)), generator=generator).numpy()
        for y, x, down, right in zip(rows, columns, *moved, strict=True):
            place[y, x], place[y + down, x + right] = place[y + down, x + right], place[y, x]
    shuffled = blurred(image, sigma).flatten(1)[:, torch.from_numpy(place.ravel()).to(image.device)]
    return blurred(shuffled.view_as(image), sigma)


def zoom_blur(image: Tensor, zoom: tuple[float, float], generator: Generator) -> Tensor:
    """The mean of the image and of its magnifications from 1 to below the first number plus a step, the second."""
    highest, step = zoom
    factors = [1 + step * k for k in range(round((highest - 1) / step) + 1)]
    return (image + torch.stack([magnified(image, factor) for factor in factors]).sum(0)) / (len(factors) + 1)


def elastic(image: Tensor, cloth: tuple[float, float, float], generator: Generator) -> Tensor:
    """Three corners of a middle square moved, and the rest with them; then every pixel, its neighbours alike.

    `cloth`: how far pixels move, over how many pixels that is smoothed, how far the corners move.
    """
    strength, sigma, corner = (number * scale(image) for number in cloth)
    height, width = image.shape[1:]
    centre, reach = torch.tensor([height, width], dtype=torch.float64) / 2, min(height, width) / 3
    before = centre + reach * torch.tensor([[1.0, 1], [-1, 1], [-1, -1]], dtype=torch.float64)
    after = before + corner * (2 * torch.rand(3, 2, generator=generator, dtype=torch.float64) - 1)
    ones = torch.ones(3, 1, dtype=torch.float64)
    affine = torch.linalg.solve(torch.cat([after, ones], 1), before)  # where a pixel of the result is read
    grid = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"), 2).double()
    source = torch.cat([grid, torch.ones_like(grid[..., :1])], 2) @ affine
    drawn = 2 * torch.rand(2, height, width, generator=generator, dtype=torch.float64) - 1
    wander = blurred(drawn, sigma) * strength
    return warped(warped(image, source[..., 0], source[..., 1]), grid[..., 0] + wander[0], grid[..., 1] + wander[1])


def jpeg(image: Tensor, quality: int, generator: Generator) -> Tensor:
    """Stored as JPEG and read again: three channels as colours, any other number one by one."""
    if len(image) != 3:
        return torch.cat([_stored(channel[None], quality) for channel in image])
    return _stored(image, quality)


def _stored(image: Tensor, quality: int) -> Tensor:
    pixels = (image.clamp(0, 1) * 255).round().byte().cpu().numpy()
    file = io.BytesIO()
    Image.fromarray(pixels.transpose(1, 2, 0) if len(pixels) == 3 else pixels[0]).save(file, "JPEG", quality=quality)
    read = np.array(Image.open(file)).reshape(*image.shape[1:], len(image))
    return torch.from_numpy(read.transpose(2, 0, 1) / 255).to(image)
