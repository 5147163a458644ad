"""Scores of one model share what they ask alike, and no bit depends on it."""

import sys
from pathlib import Path

import pandas as pd
import pytest
import torch

from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.run import execute

STUDY = """\
version: 1
name: shared
models: {{net: "counted:net"}}
data: {{test: {{use: "toy_nets:images", limit: 4}}}}
explainers: {{g: {{use: toy-gradient}}}}
imputers: {{fill: {{use: toy-fill}}}}
segmenters: {{halves: {{use: toy-halves, params: {{columns: 6}}}}}}
baselines: {{one: {{use: toy-constant, params: {{value: 1.0}}}}, half: {{use: toy-constant, params: {{value: 0.5}}}}}}
metrics: {{{metrics}}}
plugins: {{files: [toy_plugin.py]}}
"""

ENTRY = (
    "{name}: {{use: toy-removing, segmenter: halves, imputer: fill, baseline: {baseline}, params: {{times: {times}}}}}"
)

TIMES = {"a": 1.0, "b": 2.0}

COUNTED = """\
import toy_nets
import torch

ROWS = []


class Counted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = toy_nets.small().network

    def forward(self, x):
        ROWS.append(len(x))
        return self.net(x)


def net():
    return Counted()
"""


@pytest.fixture
def ran(here, write, monkeypatch):
    """Run metrics, by name and baseline, in a folder of their own; rows that the network answered, and the results."""

    def run(**baselines):
        (here / "counted.py").write_text(COUNTED)
        monkeypatch.delitem(sys.modules, "counted", raising=False)
        entries = ", ".join(
            ENTRY.format(name=name, baseline=baseline, times=TIMES[name]) for name, baseline in baselines.items()
        )
        path = write(study=STUDY.format(metrics=entries))
        outcome = execute(load(path, [f"outputs.dir={Path('runs') / '-'.join(baselines)}"]), Watcher())
        assert outcome.ok, outcome.failures
        frame = pd.read_parquet(outcome.results)
        return sum(sys.modules["counted"].ROWS), {
            name: frame[frame.metric == name]["value"].tolist() for name in baselines
        }

    return run


def test_a_score_that_asks_the_same_asks_nothing(ran):
    once, alone = ran(a="one")
    twice, both = ran(a="one", b="one")
    assert twice == once
    assert both["a"] == alone["a"] == [value / 2 for value in both["b"]]


def test_one_with_another_baseline_asks_its_own_coalitions_and_shares_the_inputs(ran):
    once, alone = ran(a="one")
    other, alone_too = ran(b="half")
    both, values = ran(a="one", b="half")
    assert values == {**alone, **alone_too}
    assert values["a"] != values["b"]
    samples, coalitions = 4, 7
    assert both == once + samples * coalitions
    assert other == once


def test_nothing_is_shared_outside_a_run(ran, here):
    import xaiplug

    ran(a="one")
    counted, toys = sys.modules["counted"], sys.modules["toy_nets"]
    net, x = counted.net(), toys.images()[:2].inputs
    ex = xaiplug.Explanation(torch.zeros_like(x), target=xaiplug.Target(torch.zeros(2, dtype=torch.int64), "logit"))
    counted.ROWS.clear()
    for _ in range(2):
        xaiplug.score(net, x, ex, "toy-size")
    assert sum(counted.ROWS) == 4
