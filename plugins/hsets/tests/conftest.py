"""Networks with known Hessians, and the published procedure."""

import importlib.util
from pathlib import Path

import pytest
import torch
from torch import nn


class Formula(nn.Module):
    """A score (B,) given by a function of rows."""

    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


class Quadratic(nn.Module):
    """½ xᵀQx + bᵀx."""

    def __init__(self, pairs, size, linear=None):
        super().__init__()
        matrix = torch.zeros(size, size, dtype=torch.float64)
        for (i, j), value in pairs.items():
            matrix[i, j] = matrix[j, i] = value
        self.register_buffer("matrix", matrix)
        self.register_buffer("linear", torch.zeros(size, dtype=torch.float64) if linear is None else linear)

    def forward(self, x):
        return ((x @ self.matrix) * x).sum(1) / 2 + x @ self.linear


@pytest.fixture
def formula():
    return Formula


@pytest.fixture
def quadratic():
    return Quadratic


@pytest.fixture(scope="session")
def published():
    """The module `published.py` beside this file."""
    spec = importlib.util.spec_from_file_location("hsets_published", Path(__file__).with_name("published.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def cnn():
    """3x12x12 -> 4 classes, ReLU, float64."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 6, 3), nn.ReLU(), nn.Conv2d(6, 8, 3, stride=2), nn.ReLU(), nn.Flatten()]
        return nn.Sequential(*layers, nn.Linear(128, 12), nn.ReLU(), nn.Linear(12, 4)).double().eval()


@pytest.fixture
def images():
    """(3,3,12,12) float64 in [0,1]."""
    return torch.rand(3, 3, 12, 12, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
