"""A map that misses most of the change of the score says so."""

import warnings

import pytest
import torch
from torch import nn

import xaiplug


class Late(nn.Module):
    """relu(10 (x - 0.9)), for each of two rows; the second never wakes."""

    def forward(self, x):
        return torch.relu(10 * (x - 0.9))


X = torch.tensor([[1.0], [0.5]]).double()
ZERO = torch.zeros(1).double()


def test_steps_too_long_for_a_kink_warn_with_the_sample_and_the_size():
    """One trapezoid from 0 to 1 gives 5 for a change of 1."""
    with pytest.warns(UserWarning, match=r"for sample 0 the map misses .* 4 times the change; .* shorter ones"):
        ex = xaiplug.explain(Late(), X, "path-integral", baseline=ZERO, path="straight", steps=1)
    assert ex.residual.tolist() == [-4.0, 0.0]


@pytest.mark.parametrize("method", ["path-integral", "ig2", "grad-cf-explanation"])
def test_short_steps_and_methods_without_an_integral_do_not_warn(method):
    more = {"baseline": ZERO} if method == "path-integral" else {"references": ZERO, "representation": "output"}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*misses more than half")
        xaiplug.explain(Late(), X, method, steps=100, **more)


def test_an_input_that_is_its_reference_misses_nothing():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*misses more than half")
        xaiplug.explain(Late(), X, "ig2", references=X[None], representation="output", steps=3)
