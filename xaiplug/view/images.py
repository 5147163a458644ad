"""Tensors as PNG files inside a page."""

from __future__ import annotations

import base64
import io

import torch
from PIL import Image
from torch import Tensor

from xaiplug.view.colours import signed_palette


def map_uri(values: Tensor) -> str:
    """A map (H,W) in [-1,1] on the signed scale, as a data URI of a palette PNG."""
    places = ((values.float().clamp(-1, 1) + 1) * 127).round().to(torch.uint8).numpy()
    image = Image.fromarray(places)
    image.putpalette(signed_palette())
    return _uri(image)


def picture_uri(image: Tensor) -> str:
    """An image (C,H,W) in [0,1], grey or colour (further channels are left out), as a data URI of a PNG."""
    values = (image.detach().cpu().float().nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8)
    colour = len(values) >= 3
    return _uri(Image.fromarray(values[:3].permute(1, 2, 0).contiguous().numpy() if colour else values[0].numpy()))


def _uri(image: Image.Image) -> str:
    stream = io.BytesIO()
    image.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
