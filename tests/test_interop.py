"""Ours behind captum's, Quantus's and torchmetrics' interfaces, with the real libraries."""

import numpy as np
import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug.interop import as_captum, as_quantus, as_torchmetric

torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3)).eval()
X = torch.rand(4, 3, 8, 8)


def test_as_captum_is_called_as_captum_is():
    from captum.attr import IntegratedGradients

    theirs, delta = IntegratedGradients(NET).attribute(
        X, baselines=0.0, target=1, n_steps=30, return_convergence_delta=True
    )
    ours, own = as_captum("integrated-gradients", steps=30)(NET).attribute(
        X, baselines=0.0, target=1, return_convergence_delta=True
    )
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(own, delta.to(own), rtol=1e-2, atol=1e-4)
    grouped = as_captum("kernel-shap", samples=32)(NET).attribute(X, target=1, segmenter=("grid", {"patch": 4}))
    assert grouped.shape == X.shape
    with pytest.raises(ComponentError, match="no convergence delta"):
        as_captum("gradient")(NET).attribute(X, return_convergence_delta=True)


def test_captums_own_metrics_take_it():
    from captum.metrics import infidelity

    maps = as_captum("input-x-gradient")(NET).attribute(X, target=1)
    noise = torch.full_like(X, 0.01)
    value = infidelity(NET, lambda x: (noise, x - noise), X, maps / X, target=1, n_perturb_samples=1)
    assert (value >= 0).all()


def test_as_quantus_is_an_explain_func():
    import quantus

    target = NET(X).argmax(1)
    metric = quantus.MaxSensitivity(nr_samples=3, disable_warnings=True)
    values = metric(
        model=NET, x_batch=X.numpy(), y_batch=target.numpy(), a_batch=None, s_batch=None, device="cpu",
        explain_func=as_quantus("gradient"), channel_first=True, softmax=False,
    )  # fmt: skip
    assert np.isfinite(values).all()
    assert len(values) == 4
    maps = as_quantus("occlusion", baseline="black")(NET, X.numpy(), target.numpy())
    want = xaiplug.explain(NET, X, "occlusion", target=target, baseline="black").attribution
    np.testing.assert_allclose(maps, want.expand_as(X).numpy(), rtol=1e-5, atol=1e-7)


def test_as_torchmetric_is_the_mean_over_batches():
    ex = xaiplug.explain(NET, X, "gradient")
    metric = as_torchmetric(("gini", {"channels": "none"}), NET)
    for part in (slice(0, 1), slice(1, 4)):
        metric.update(X[part], xaiplug.explain(NET, X[part], "gradient"))
    want = xaiplug.score(NET, X, ex, "gini", channels="none").mean()
    assert float(metric.compute()) == pytest.approx(want, rel=1e-5)
    metric.reset()
    metric.update(X, ex)
    assert float(metric.compute()) == pytest.approx(want, rel=1e-5)
    with pytest.raises(ComponentError, match="compares several models"):
        as_torchmetric("ssim", NET)
