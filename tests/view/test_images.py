from __future__ import annotations

import base64
import io

import torch
from PIL import Image

from xaiplug.view.images import map_uri, picture_uri


def read(uri: str) -> Image.Image:
    head, body = uri.split(",")
    assert head == "data:image/png;base64"
    return Image.open(io.BytesIO(base64.b64decode(body)))


def test_a_map_is_blue_white_and_red():
    image = read(map_uri(torch.tensor([[-1.0, 0.0, 1.0, 9.0]]))).convert("RGB")
    pixels = [image.getpixel((x, 0)) for x in range(4)]
    assert pixels == [(5, 48, 97), (255, 255, 255), (103, 0, 31), (103, 0, 31)]


def test_pictures_keep_their_pixels():
    values = torch.tensor([[[0.0, 1.0]], [[0.5, 2.0]], [[1.0, float("nan")]]])
    image = read(picture_uri(values))
    assert [image.getpixel((x, 0)) for x in range(2)] == [(0, 128, 255), (255, 255, 0)]
    assert read(picture_uri(values[:1])).mode == "L"
