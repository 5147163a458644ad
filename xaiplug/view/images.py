"""Tensors as pictures, and as PNG files inside a page."""

from __future__ import annotations

import base64
import io

import torch
from PIL import Image
from torch import Tensor

from xaiplug.view.colours import signed_palette


def map_uri(values: Tensor) -> str:
    """A map (H,W) in [-1,1] on the signed scale, as a data URI of a palette PNG."""
    return _uri(map_image(values))


def picture_uri(image: Tensor) -> str:
    """An image (C,H,W) in [0,1], as `picture_image` has it, as a data URI of a PNG."""
    return _uri(picture_image(image))


def map_image(values: Tensor) -> Image.Image:
    """A map (H,W) in [-1,1] on the signed scale, with a palette."""
    places = ((values.float().clamp(-1, 1) + 1) * 127).round().to(torch.uint8).numpy()
    image = Image.fromarray(places)
    image.putpalette(signed_palette())
    return image


def picture_image(image: Tensor) -> Image.Image:
    """An image (C,H,W) in [0,1], grey or colour; further channels are left out."""
    values = (image.detach().cpu().float().nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8)
    colour = len(values) >= 3
    return Image.fromarray(values[:3].permute(1, 2, 0).contiguous().numpy() if colour else values[0].numpy())


def _uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
