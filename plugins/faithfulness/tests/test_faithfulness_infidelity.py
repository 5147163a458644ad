"""Infidelity: zero where the attribution is the model, captum's value with captum's perturbations."""

import pytest
import torch
from captum.metrics import infidelity as captum
from torch import nn

import xaiplug
from xaiplug import Explanation
from xaiplug.model.asked import Asked, sharing
from xaiplug.testing import metric_checks

torch.manual_seed(0)
LINEAR = nn.Sequential(nn.Flatten(), nn.Linear(48, 3)).double()
NET = nn.Sequential(nn.Flatten(), nn.Linear(48, 8), nn.Tanh(), nn.Linear(8, 3)).double()
X = torch.rand(2, 3, 4, 4, dtype=torch.float64)


def test_linear_model_and_its_terms():
    ex = xaiplug.explain(LINEAR, X, "integrated-gradients", target=1)
    result = xaiplug.score(LINEAR, X, ex, "infidelity", samples=50, normalize=False)
    assert result.values.max() < 1e-24
    assert result.better == "lower"
    gradient = xaiplug.explain(LINEAR, X, "gradient", target=1)
    result = xaiplug.score(LINEAR, X, gradient, "infidelity", samples=50, times_input=False, normalize=False)
    assert result.values.max() < 1e-24


def test_scale_does_not_count_when_normalised():
    ex = xaiplug.explain(NET, X, "integrated-gradients", target=1)
    values = [
        xaiplug.score(NET, X, ex.replace(attribution=k * ex.attribution), "infidelity", samples=40).values
        for k in (1, 7.0)
    ]
    torch.testing.assert_close(*values)
    zero = xaiplug.score(NET, X, ex.replace(attribution=0 * ex.attribution), "infidelity", samples=40).values
    assert (values[0] < zero).all()


@pytest.mark.parametrize("normalize", [True, False])
def test_is_captums(normalize):
    ex = xaiplug.explain(NET, X, "gradient", target=1)
    drawn = []

    class Recorder(xaiplug.Metric):
        def measure(self, query, explanation):
            drawn.extend(0.2 * query.drawing("infidelity").normals(30, *query.inputs.shape[1:]))
            return torch.zeros(len(query))

    xaiplug.score(NET, X, ex, Recorder())
    ours = xaiplug.score(NET, X, ex, "infidelity", samples=30, normalize=normalize, times_input=False).values
    noise = torch.stack(drawn, 1).flatten(0, 1)  # captum repeats every sample 30 times in a row
    theirs = captum(
        NET, lambda x: (noise, x - noise), X, ex.attribution, target=1, n_perturb_samples=30, normalize=normalize
    )
    torch.testing.assert_close(ours, theirs.double(), rtol=1e-5, atol=1e-9)


def test_a_batch_is_one_by_one(monkeypatch):
    ex = xaiplug.explain(NET, X, "integrated-gradients", target=1)
    together = xaiplug.score(NET, X, ex, "infidelity", samples=20).values
    monkeypatch.setattr("xaiplug_faithfulness.infidelity._HELD", 100)
    for b in range(2):
        alone = Explanation(ex.attribution[b : b + 1], target=xaiplug.Target(ex.target.index[b : b + 1]))
        single = xaiplug.score(NET, X[b : b + 1], alone, "infidelity", samples=20).values
        torch.testing.assert_close(together[b : b + 1], single, rtol=1e-10, atol=1e-14)


def test_scores_of_one_run_ask_about_the_noise_once(monkeypatch):
    exs = [xaiplug.explain(NET, X, method, target=1) for method in ("integrated-gradients", "input-x-gradient")]
    alone = [xaiplug.score(NET, X, ex, "infidelity", samples=20).values for ex in exs]
    rows = []
    counting = NET.register_forward_hook(lambda module, inputs, output: rows.append(len(output)))
    model = xaiplug.Model.of(NET)

    def scored(**given):
        rows.clear()
        return xaiplug.score(model, X, **given).values

    with sharing(Asked()):
        for method, ex, value, most in zip(("first", "second"), exs, alone, (44, 0), strict=True):
            together = scored(explanation=ex, metric="infidelity", samples=20)
            assert torch.equal(together, value), method
            assert sum(rows) <= most, method
        # The noise is not the baseline's, whatever that has drawn before; other noise is asked about anew.
        noisy = scored(explanation=exs[0], metric="infidelity", samples=20, baseline="gaussian-noise")
        assert not sum(rows)
        assert not torch.equal(noisy, alone[0])
        scored(explanation=exs[0], metric="infidelity", samples=20, sigma=0.1)
        assert sum(rows) == 40
        scored(explanation=exs[0], metric="infidelity", samples=20, seed=1)
        assert sum(rows) == 40
    counting.remove()


@pytest.mark.parametrize(
    "check", metric_checks(["insertion", "deletion", "first-correct", "first-wrong", "infidelity"])
)
def test_conformance(check):
    check()
