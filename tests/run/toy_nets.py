"""Small networks and samples for the tests of runs; named in run files as `toy_nets:small`."""

import torch
from torch import nn

import xaiplug


def small(seed=0, width=3):
    """A two-layer network with biases on 2 x 6 x 6 images, 3 classes."""
    generator = torch.Generator().manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(2, width, 3), nn.Tanh(), nn.Flatten(), nn.Linear(width * 16, 3))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)
    return xaiplug.Model(net.eval(), class_names=("a", "b", "c"), name=f"small{seed}")


class Raising(nn.Module):
    """A network that raises."""

    def forward(self, x):
        raise RuntimeError("no such luck")


class NaNs(nn.Module):
    """A network that returns NaN."""

    def forward(self, x):
        return x.flatten(1)[:, :3] * torch.nan


def images(split="test", n=10, truth=True, seed=0):
    """Random images with labels, the left half being relevant."""
    generator = torch.Generator().manual_seed(seed + {"test": 0, "train": 1}[split])
    inputs = torch.rand(n, 2, 6, 6, generator=generator)
    relevant = torch.zeros(n, 6, 6, dtype=torch.bool)
    relevant[:, :, :3] = True
    extras = {"even": torch.arange(n) % 2 == 0}
    return xaiplug.Samples(inputs, torch.arange(n) % 3, relevant if truth else None, extras=extras)


def rows(n=6):
    """Tabular data."""
    return xaiplug.Samples(torch.rand(n, 4, generator=torch.Generator().manual_seed(3)), torch.arange(n) % 2)


def linear():
    """A linear network on 4 features, 2 classes."""
    net = nn.Linear(4, 2)
    with torch.no_grad():
        net.weight.copy_(torch.arange(8.0).view(2, 4) / 8)
        net.bias.fill_(0.1)
    return net
