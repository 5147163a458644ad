"""The decoy is where it should be, and the trained network leans on it."""

from pathlib import Path

import pytest
import torch
from exported import card, network_of

from xaiplug_trainers.data.decoy_mnist import PATCH, patch_corners
from xaiplug_trainers.evaluate import accuracy, predictions
from xaiplug_trainers.tasks import decoy_mnist


def test_the_ten_patches_lie_on_the_border_and_apart():
    corners = patch_corners(28)
    assert len(corners) == 10
    for row, column in corners:
        assert row in (0, 24) or column in (0, 24)
    gaps = (corners[:, None] - corners[None]).__abs__().max(-1)
    assert gaps[~torch.eye(10, dtype=torch.bool).numpy()].min() >= PATCH


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_the_patch_tells_the_truth(split):
    samples = decoy_mnist.samples(split, limit=100)
    assert torch.equal(samples.extras["decoy"], samples.labels)
    assert (samples.relevant.sum((1, 2)) == PATCH * PATCH).all()
    assert (samples.inputs[:, 0][samples.relevant] == 1).all()
    corners = torch.from_numpy(patch_corners(28))[samples.labels]
    assert all(mask[r, c] and mask[r + 3, c + 3] for mask, (r, c) in zip(samples.relevant, corners, strict=True))


def test_randomised_patches_are_independent_of_the_class_and_clean_ones_absent():
    randomised, clean = decoy_mnist.samples("test-randomised"), decoy_mnist.samples("test-clean")
    agree = (randomised.extras["decoy"] == randomised.labels).double().mean()
    assert 0.03 < agree < 0.2
    assert (randomised.inputs[:, 0][randomised.relevant] == 1).all()
    assert not clean.relevant.any()
    assert (clean.extras["decoy"] == -1).all()


def test_it_leans_on_the_patch(trained_decoy: Path):
    network, test = network_of(trained_decoy), decoy_mnist.samples("test")
    with_patch = accuracy(predictions(network, test.inputs), test.labels)
    painted_black = accuracy(predictions(network, test.inputs * ~test.relevant[:, None]), test.labels)
    metrics = card(trained_decoy)["metrics"]
    assert with_patch == metrics["test"] >= 0.98
    assert painted_black <= with_patch - 0.3
    assert metrics["test-randomised"] <= with_patch - 0.3


def test_gradient_times_input_falls_on_the_patch(trained_decoy: Path):
    network, test = network_of(trained_decoy), decoy_mnist.samples("test")
    inputs = test.inputs.requires_grad_()
    score = network(inputs).gather(1, test.labels[:, None]).sum()
    attribution = (torch.autograd.grad(score, inputs)[0] * inputs).detach().abs()[:, 0]
    mass = (attribution * test.relevant).sum((1, 2)) / attribution.sum((1, 2))
    assert mass.mean() > 10 * PATCH**2 / 28**2
