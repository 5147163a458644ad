"""Eigen-CAM from numpy's own singular vectors, and from maps whose component is known."""

import numpy as np
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug_classic.eigen_cam import cam

NET = nn.Sequential(
    nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 5, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(45, 3)
).double()
X = torch.rand(4, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_is_the_projection_on_numpys_first_singular_vector():
    ex = xaiplug.explain(NET, X, "eigen-cam", layer="1")
    for row, maps in enumerate(NET[:2](X).detach().flatten(2).numpy()):
        places = maps.T
        found = places @ np.linalg.svd(places)[2][0]
        assert_close(ex.attribution[row], torch.tensor(found * np.sign(found.sum())))
    assert ex.meta["grid"] == [8, 8]
    assert float(ex.attribution.min()) >= -1e-12  # maps after a ReLU
    assert float(ex.attribution.max()) > 0


def test_maps_of_one_pattern_are_that_pattern_times_their_length():
    pattern = torch.tensor([[0.0, 1.0, 2.0], [3.0, 0.0, 1.0]])
    assert_close(cam(torch.stack([3 * pattern, -4 * pattern])[None]), 5 * pattern[None])
    assert cam(torch.zeros(1, 2, 2, 2)).abs().max() == 0


def test_knows_no_class():
    one, other = (xaiplug.explain(NET, X, "eigen-cam", target=target).attribution for target in (0, 2))
    assert torch.equal(one, other)
