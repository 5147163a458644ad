"""Super-pixels: any channels, any dtype, one image at a time, the same every time."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import xaiplug

SEGMENTERS = ["slic"]


def picture(channels: int, side: int = 32) -> torch.Tensor:
    """Smooth colours with a bright disc."""
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing="ij")
    disc = ((y - 0.5) ** 2 + (x - 0.4) ** 2 < 0.06).float()
    planes = torch.stack([(y * (c + 1) / channels + 0.5 * disc).clamp(0, 1) for c in range(channels)])
    return planes[None]


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_pixel_of_any_image_has_a_label(name, channels):
    labels = xaiplug.component("segmenter", name).segment(picture(channels), torch.zeros(1, dtype=torch.int64))
    assert labels.shape == (1, 32, 32)
    assert labels.dtype == torch.int64
    assert labels.min() >= 0
    assert labels.unique().numel() > 1


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_batch_is_one_by_one_whatever_the_dtype(name):
    images = torch.cat([picture(3), picture(3).flip(-1), torch.rand(1, 3, 32, 32)])
    seeds = torch.tensor([3, 5, 8])
    segmenter = xaiplug.component("segmenter", name)
    together = segmenter.segment(images, seeds)
    single = torch.cat([segmenter.segment(image[None], seed[None]) for image, seed in zip(images, seeds, strict=True)])
    assert torch.equal(together, single)
    assert torch.equal(together, segmenter.segment(images.double(), seeds))


@pytest.mark.parametrize("name", SEGMENTERS)
def test_a_uniform_image_is_no_error(name):
    labels = xaiplug.component("segmenter", name).segment(torch.full((1, 3, 24, 24), 0.5), torch.zeros(1).long())
    assert labels.shape == (1, 24, 24)


@settings(max_examples=10, deadline=None)
@given(st.integers(20, 60))
def test_slic_finds_about_what_is_asked(wanted):
    labels = xaiplug.component("segmenter", "slic", n_segments=wanted).segment(picture(3), torch.zeros(1).long())
    assert 0.5 * wanted <= labels.unique().numel() <= 1.5 * wanted
