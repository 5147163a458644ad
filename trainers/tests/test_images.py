"""Plain images, and subsets of their classes."""

import pytest
import torch

from xaiplug.errors import DataError
from xaiplug_trainers.tasks import cifar10, mnist


def test_splits_are_disjoint_balanced_and_the_same_again():
    parts = {split: cifar10.samples(split) for split in cifar10.splits}
    assert not set(parts["train"].ids) & set(parts["val"].ids)
    assert not set(parts["train"].ids) & set(parts["test"].ids)
    for samples in parts.values():
        counts = torch.bincount(samples.labels, minlength=10)
        assert counts.max() - counts.min() <= 1
    assert cifar10.samples("val").fingerprint() == parts["val"].fingerprint()


def test_classes_are_renumbered_in_the_order_given():
    every, some = mnist.samples("test"), mnist.samples("test", classes=[7, 2])
    original = dict(zip(every.ids, every.labels.tolist(), strict=True))
    assert {(original[i], label) for i, label in zip(some.ids, some.labels.tolist(), strict=True)} == {(7, 0), (2, 1)}
    assert mnist.load_data(mnist.config(classes=[7, 2])).class_names == ("7", "2")
    assert mnist.load_data(mnist.config(classes=[7, 2])).geometry.outputs == 2


@pytest.mark.parametrize("classes", [[3], [3, 3], [0, 10], []])
def test_impossible_classes_are_refused(classes):
    with pytest.raises(DataError, match="two or more different indices below 10"):
        mnist.samples("test", classes=classes)
