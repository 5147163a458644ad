"""Super-pixels: any channels, any dtype, one image at a time, the same every time."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import xaiplug
from xaiplug.testing import segmenter_checks

SEGMENTERS = ["slic", "felzenszwalb", "quickshift", "compact-watershed", "random-partition"]


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
    assert labels.unique().numel() > 1 or name == "felzenszwalb"


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


@pytest.mark.parametrize("name", SEGMENTERS)
def test_grey_is_cut_like_the_same_picture_in_rgb(name):
    grey, segmenter = picture(1), xaiplug.component("segmenter", name)
    seed = torch.zeros(1).long()
    assert torch.equal(segmenter.segment(grey, seed), segmenter.segment(grey.expand(-1, 3, -1, -1), seed))


@pytest.mark.parametrize("name", SEGMENTERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_target_groups(name, channels):
    torch.manual_seed(0)
    image = (picture(channels, 48) + 0.1 * torch.rand(1, channels, 48, 48)).clamp(0, 1)
    segmenter = xaiplug.component("segmenter", name, target_groups=40, **({"min_size": 4} if name[0] == "f" else {}))
    found = segmenter.segment(image, torch.zeros(1).long()).unique().numel()
    assert abs(found - 40) <= {"quickshift": 0, "random-partition": 0}.get(name, 6)


def test_quickshift_cut_to_a_number_is_quickshift_with_a_distance():
    """The same forest: cut to as many groups as max_dist=4 gives, it gives the same groups."""
    torch.manual_seed(0)
    image = (picture(3) + 0.05 * torch.rand(1, 3, 32, 32)).clamp(0, 1)
    seed = torch.zeros(1).long()
    direct = xaiplug.component("segmenter", "quickshift", max_dist=4.0).segment(image, seed)
    count = direct.unique().numel()
    cut = xaiplug.component("segmenter", "quickshift", target_groups=count).segment(image, seed)
    assert torch.equal(
        xaiplug.FeatureGroups.from_labels(direct).sizes().sort().values,
        xaiplug.FeatureGroups.from_labels(cut).sizes().sort().values,
    )


def test_random_partition_fills_every_group_and_follows_the_seed():
    segmenter = xaiplug.component("segmenter", "random-partition", target_groups=1000)
    labels = segmenter.segment(picture(3).expand(2, -1, -1, -1), torch.tensor([1, 2]))
    assert all(row.unique().numel() == 1000 for row in labels)
    assert not torch.equal(labels[0], labels[1])


@pytest.mark.parametrize("check", segmenter_checks([*SEGMENTERS, "grid"]))
def test_conformance(check):
    check()
