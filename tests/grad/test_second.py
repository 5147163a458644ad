"""Derivatives of the input alone are torch's own, at less work."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.profiler import ProfilerActivity, profile

from xaiplug.grad import twice_differentiable


class Functional(nn.Module):
    """A convolution and a batch norm with torch's own defaults: nothing is said but what must be."""

    def forward(self, x):
        generator, dims = torch.Generator().manual_seed(4), x.ndim - 2
        kernel = torch.rand(5, 4, *[2] * dims, dtype=x.dtype, generator=generator)
        mean, variance = torch.rand(2, 5, dtype=x.dtype, generator=generator)
        convolved = (F.conv1d, F.conv2d, F.conv3d)[dims - 1](x, kernel)
        return F.batch_norm(convolved, mean, variance * 1e-4)


LAYERS = {
    "plain": (nn.Conv2d(4, 6, 3), 2),
    "depthwise": (nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False), 2),
    "strided": (nn.Conv2d(4, 6, (3, 2), stride=(2, 3), padding=(1, 0)), 2),
    "dilated": (nn.Conv2d(4, 6, 3, dilation=2, padding=2, groups=2), 2),
    "same": (nn.Conv2d(4, 6, 3, padding="same"), 2),
    "reflecting": (nn.Conv2d(4, 6, 3, padding=1, padding_mode="reflect"), 2),
    "one-dimensional": (nn.Conv1d(4, 6, 3, stride=2), 1),
    "three-dimensional": (nn.Conv3d(4, 6, 2, groups=2), 3),
    "batch-norm": (nn.BatchNorm2d(4), 2),
    "batch-norm-without-weights": (nn.BatchNorm2d(4, affine=False), 2),
    "batch-norm-without-statistics": (nn.BatchNorm2d(4, track_running_stats=False), 2),
    "functional": (Functional(), 2),
    "functional-one-dimensional": (Functional(), 1),
    "functional-three-dimensional": (Functional(), 3),
}


def made(name):
    layer, dims = LAYERS[name]
    layer = layer.double().eval().requires_grad_(False)
    if getattr(layer, "running_var", None) is not None:
        generator = torch.Generator().manual_seed(3)
        layer.running_mean.uniform_(-1, 1, generator=generator)
        layer.running_var.uniform_(0.5, 2, generator=generator)
    x = torch.rand(2, 4, *[6] * dims, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    return layer, x.requires_grad_()


def derivatives(layer, x, directions):
    """Output, gradient of a curved score, and rows of its second derivative, vectorised and one by one."""
    output = layer(x)
    (gradient,) = torch.autograd.grad((output**3).sum(), x, create_graph=True)
    (rows,) = torch.autograd.grad(gradient, x, directions, retain_graph=True, is_grads_batched=True)
    (single,) = torch.autograd.grad(gradient, x, directions[0])
    return output, gradient, rows, single


@pytest.mark.filterwarnings("ignore:.*batching rule")
@pytest.mark.parametrize("name", LAYERS)
def test_derivatives_of_layers(name):
    layer, x = made(name)
    directions = torch.randn(3, *x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    expected = derivatives(layer, x, directions)
    with twice_differentiable():
        found = derivatives(layer, x, directions)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-13)
    assert found[2].abs().max() > 0


def test_weights_that_are_trained_keep_their_gradient():
    layer, x = made("plain")
    layer.requires_grad_(True)
    with twice_differentiable():
        (gradient,) = torch.autograd.grad((layer(x) ** 3).sum(), x, create_graph=True)
    gradient.square().sum().backward()
    assert layer.weight.grad.abs().max() > 0


def test_no_derivative_of_the_weights_is_computed():
    """torch's own second derivative convolves once more, and channel by channel."""
    layer, x = made("depthwise")

    def convolutions(prepared):
        with prepared:
            (gradient,) = torch.autograd.grad((layer(x) ** 3).sum(), x, create_graph=True)
        with profile(activities=[ProfilerActivity.CPU]) as seen:
            torch.autograd.grad(gradient.flatten()[3], x)
        return sum(event.count for event in seen.key_averages() if event.key == "aten::_convolution_double_backward")

    assert convolutions(twice_differentiable()) == 0
    assert convolutions(torch.enable_grad()) == 1
