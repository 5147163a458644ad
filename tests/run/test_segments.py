"""Segmentations: made once, by two threads."""

import threading
import time

import pytest
import torch

from xaiplug import Segmenter
from xaiplug.errors import ShapeError
from xaiplug.run.segments import image_keys, labels_of


class Counting(Segmenter):
    stochastic = False
    columns: int = 2
    pause: float = 0.0

    def segment(self, images, seeds):
        CALLS.append((len(images), threading.get_ident()))
        time.sleep(self.pause)
        labels = torch.arange(images.shape[3]) * self.columns // images.shape[3]
        return labels.expand(len(images), *images.shape[2:])


class Drawing(Segmenter):
    def segment(self, images, seeds):
        CALLS.append((len(images), threading.get_ident()))
        return seeds.view(-1, 1, 1).expand(-1, *images.shape[2:]) % 1000


class Wrong(Segmenter):
    def segment(self, images, seeds):
        return torch.zeros(len(images), 2, 2)


CALLS = []


@pytest.fixture(autouse=True)
def calls(here):
    CALLS.clear()


IMAGES = torch.rand(5, 3, 4, 6, generator=torch.Generator().manual_seed(0))


def test_a_second_call_reads_and_other_images_are_made():
    first = labels_of(Counting(), IMAGES[:3], 0)
    again = labels_of(Counting(), IMAGES, 0)
    assert len(CALLS) == 5
    assert torch.equal(again[:3], first)
    assert again.dtype == torch.int64


def test_what_the_key_holds():
    keys = image_keys(Counting(), IMAGES, 0)
    assert len(set(keys)) == 5
    assert image_keys(Counting(), IMAGES, 1) == keys
    assert not set(image_keys(Counting(columns=3), IMAGES, 0)) & set(keys)
    assert not set(image_keys(Counting(), IMAGES.double(), 0)) & set(keys)
    assert image_keys(Counting(), IMAGES[[3, 1]], 0) == [keys[3], keys[1]]


def test_a_segmenter_that_draws_is_asked_for_each_seed():
    assert not torch.equal(labels_of(Drawing(), IMAGES, 0), labels_of(Drawing(), IMAGES, 1))
    assert len(CALLS) == 10


class Meeting(Segmenter):
    """Goes on when another thread is here too."""

    stochastic = False

    def segment(self, images, seeds):
        CALLS.append((len(images), threading.get_ident()))
        MET.wait(timeout=60)
        return torch.zeros(len(images), *images.shape[2:], dtype=torch.int64)


MET = threading.Barrier(2)


def test_two_threads_work():
    labels_of(Meeting(), IMAGES[:4], 0)
    assert len({thread for _, thread in CALLS}) == 2


class Fails(Counting):
    def segment(self, images, seeds):
        super().segment(images, seeds)
        raise RuntimeError("boom")


def test_after_an_error_no_other_image_is_begun():
    many = torch.rand(40, 3, 4, 6)
    with pytest.raises(RuntimeError, match="boom"):
        labels_of(Fails(pause=0.01), many, 0)
    assert len(CALLS) < len(many)


def test_labels_of_the_wrong_shape_are_refused():
    with pytest.raises(ShapeError, match=r"Wrong.*expected \(1, 4, 6\) int64"):
        labels_of(Wrong(), IMAGES, 0)


def test_a_damaged_file_is_made_again(here):
    labels_of(Counting(), IMAGES[:1], 0)
    (file,) = (here / "cache" / "segments").rglob("*.safetensors")
    file.write_bytes(b"not a tensor")
    assert labels_of(Counting(), IMAGES[:1], 0).shape == (1, 4, 6)
    assert len(CALLS) == 2
