"""What a notebook shows of one explanation, and while one is made."""

from __future__ import annotations

import io
import re

import pytest
import torch
from rich.console import Console
from torch import nn

import xaiplug
from xaiplug.calling import progress

INPUTS = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))


def model(**options) -> xaiplug.Model:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    return xaiplug.Model(network, **options)


def test_it_shows_picture_map_target_score_residual_and_cost():
    found = xaiplug.explain(model(class_names=("cat", "<dog>")), INPUTS, "integrated-gradients", target=[0, 1])
    page = found._repr_html_()
    assert page.count("<img") == 4
    assert "target: <b>cat</b>" in page
    assert "&lt;dog&gt;" in page
    assert "<dog>" not in page
    for name in ("score (logit)", "score of absence", "residual"):
        assert page.count(f"{name}: <b>") == 2
    forwards = re.search(r"([\d\u202f]+) forwards", page)
    assert forwards is not None
    assert int(forwards[1].replace("\u202f", "")) == found.meta["forwards"]


def test_what_was_explained_is_kept_to_be_drawn_and_is_not_saved(tmp_path):
    found = xaiplug.explain(model(), INPUTS, "gradient")
    assert found.inputs is INPUTS
    assert [axes.get_title().split("\n")[0] for axes in found.plot().axes[:2]] == ["input", "attribution"]
    loaded = xaiplug.Explanation.load(found.save(tmp_path / "one.safetensors"))
    assert loaded.inputs is None
    assert loaded._repr_html_().count("<img") == 2


def test_rows_are_shown_as_bars():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = xaiplug.explain(nn.Linear(5, 2), torch.rand(3, 5), "gradient")
    assert found._repr_html_().count('class="bars"') == 3


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_a_long_explanation_says_how_far_it_got_where_somebody_looks(monkeypatch, terminal, shown):
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    adapted, stream = model(), io.StringIO()
    console = Console(file=stream, force_terminal=terminal, width=80)
    with adapted.frozen(), progress.telling(adapted, "a method", console):
        for _ in range(3):
            adapted(INPUTS)
    assert ("a method" in stream.getvalue()) is shown
    assert not adapted.module.get_submodule("logits")._forward_hooks


def test_a_short_one_says_nothing():
    adapted, stream = model(), io.StringIO()
    with progress.telling(adapted, "a method", Console(file=stream, force_terminal=True)):
        adapted(INPUTS)
    assert stream.getvalue() == ""


def test_stopping_leaves_the_network_as_it_was():
    class Stopped(nn.Module):
        def __init__(self):
            super().__init__()
            self.head, self.calls = nn.Linear(64, 2), 0

        def forward(self, x):
            self.calls += 1
            if self.calls > 3:
                raise KeyboardInterrupt
            return self.head(x.flatten(1))

    network = Stopped().train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.get_rng_state()
    with pytest.raises(KeyboardInterrupt):
        xaiplug.explain(network, INPUTS, "occlusion", max_batch=1)
    assert network.training
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())
    assert torch.equal(state, torch.get_rng_state())
