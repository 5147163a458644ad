"""What lies beside the run files: tables from results whose differences are known, and two explainers."""

import importlib.util
from pathlib import Path

import pandas as pd
import pytest
import torch
from torch import nn

import xaiplug

EXPERIMENTS = Path(__file__).parents[1] / "experiments"


def script(name):
    found = importlib.util.spec_from_file_location(f"superpixel_{name}", EXPERIMENTS / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def results():
    """Ten samples and two metrics: slic adds .2 to the pixel map, random takes .1 off; `lime` has no partner."""
    rows = [
        {"data": "test", "explainer": explainer, "segmenter": segmenter, "metric": "ssim", "better": "higher"}
        | {"sample": n, "id": str(n), "value": n / 10 + add, "seed": 0}
        for explainer, segmenter, add in (
            ("gradient", "", 0.0),
            ("gradient-groups", "slic", 0.2),
            ("gradient-groups", "random", -0.1),
            ("lime", "slic", 5.0),
        )
        for n in range(10)
    ]
    study = [row | {"metric": "mege", "sample": -1, "id": ""} for row in rows if row["sample"] == 0]
    return pd.DataFrame([*rows, *study])


def test_differences_by_method():
    table = script("table")
    text = "\n".join(table.by_method(table.maps_of(results()), "slic"))
    assert "| gradient | 0.450 | 0.650 | 0.350 | +0.200 [+0.200, +0.200] | +0.300 [+0.300, +0.300] | 10 |" in text
    assert "| gradient | 0.000 | 0.200 | -0.100 | +0.200 | +0.300 | 1 |" in text
    assert "**ssim ↑**" in text
    assert "lime" not in text


def test_differences_by_segmenter():
    table = script("table")
    text = "\n".join(table.by_segmenter(table.maps_of(results()), {"slic": 80.0, "random": 100.0}))
    assert "| random | 100 | -0.100 | -0.100 | 0.350 | -0.100 [-0.100, -0.100] |" in text
    assert text.index("| pixel |") < text.index("| random |") < text.index("| slic |")


def test_an_interval_that_holds_zero_says_so():
    table = script("table")
    one, two = pd.Series([0.1, 0.2, 0.3, 0.4]), pd.Series([0.2, 0.1, 0.4, 0.3])
    assert table.difference(one, two).endswith("holds 0")


def test_costs_are_those_of_an_image():
    timings = pd.DataFrame(
        {"explainer": ["ig", "ig", "ig-groups"], "samples": [4, 2, 4], "forwards": [4, 2, 8], "backwards": [8, 4, 8]}
        | {"seconds": [2.0, 1.0, 4.0]}
    )
    found = script("cost").costs(timings)
    assert found.loc["ig"].tolist() == pytest.approx([1, 2, 0.5])
    assert found.loc["ig-groups", "seconds"] == 1


def test_magnitude_comes_after_the_mean_and_ungrouped_leaves_the_map():
    torch.manual_seed(0)
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(48, 3)), torch.rand(2, 3, 4, 4)
    ask = {"target": 0, "segmenter": torch.arange(16).view(1, 4, 4) // 4}
    means = xaiplug.explain(net, x, "superpixel", **ask).attribution
    magnitude = script("magnitude").Magnitude(base="superpixel")
    found = xaiplug.explain(net, x, magnitude, **ask).attribution
    assert torch.equal(found, means.abs().sum(1, keepdim=True))
    plain = xaiplug.explain(net, x, "gradient", target=0, scale="probability").attribution
    ungrouped = xaiplug.explain(net, x, script("ungrouped").Ungrouped(), **ask)
    assert torch.equal(ungrouped.attribution, plain)
    assert ungrouped.groups.count == 4
