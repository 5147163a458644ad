"""SET-SUM's grids, labels and truth."""

import pytest
import torch

from xaiplug_trainers.tasks import set_sum

SMALL = {"train_size": 300, "val_size": 200, "test_size": 300}


@pytest.mark.parametrize("split", set_sum.splits)
def test_label_is_the_sum_of_the_different_digits(split):
    samples = set_sum.samples(split, **SMALL)
    assert samples.labels.tolist() == [sum(set(row)) for row in samples.extras["digits"].tolist()]
    assert samples.inputs.shape[1:] == (1, 56, 56)


def test_test_grids_hold_the_largest_digit_exactly_twice():
    digits = set_sum.samples("test", **SMALL).extras["digits"]
    assert ((digits == digits.max(1, keepdim=True).values).sum(1) == 2).all()
    places = torch.stack([(digits == digits.max(1, keepdim=True).values)[:, i].sum() for i in range(4)])
    assert places.min() > 100  # of 300 grids, 150 expected in each cell


def test_cells_show_their_digits_and_nothing_is_shared_between_splits():
    grids = {split: set_sum.samples(split, **SMALL) for split in ("train", "val", "test")}
    shown: dict[str, dict[bytes, int]] = {}
    for split, samples in grids.items():
        cells = samples.extras["cells"][0]
        shown[split] = {}
        for image, digits in zip(samples.inputs[:, 0], samples.extras["digits"].tolist(), strict=True):
            for cell, digit in enumerate(digits):
                picture = image[cells == cell].numpy().tobytes()
                assert shown[split].setdefault(picture, digit) == digit
    assert not shown["train"].keys() & shown["val"].keys()
    assert not shown["train"].keys() & shown["test"].keys()


def test_truth_adds_up_to_the_label():
    samples = set_sum.samples("test", **SMALL)
    assert torch.allclose(samples.extras["shapley"].sum(1), samples.labels.double())
    assert samples.extras["interactions"].shape == (300, 4, 4)


def test_empty_cells_are_black_add_nothing_and_are_in_train_alone():
    whole, some = (set_sum.samples("train", **SMALL, empty=share) for share in (0.0, 0.3))
    away = some.extras["digits"] < 0
    assert 0.2 < away.float().mean() < 0.4
    cells = some.inputs.view(-1, 2, 28, 2, 28).transpose(2, 3).reshape(-1, 4, 28 * 28)
    original = whole.inputs.view(-1, 2, 28, 2, 28).transpose(2, 3).reshape(-1, 4, 28 * 28)
    assert (cells[away] == 0).all()
    assert torch.equal(cells[~away], original[~away])
    for digits, label in zip(some.extras["digits"].tolist(), some.labels.tolist(), strict=True):
        assert label == sum({digit for digit in digits if digit > 0})
    plain, kept = (set_sum.samples("test", **SMALL, empty=share) for share in (0.0, 0.3))
    assert torch.equal(plain.inputs, kept.inputs)
