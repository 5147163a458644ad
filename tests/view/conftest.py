"""Synthetic studies: digits with a planted decoy, and colour images; nothing is trained or explained here."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest
import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.study import Curve, Panel, Study
from xaiplug.data.target import Target

EXPLAINERS = {
    "integrated-gradients": 0.9,
    "smoothgrad": 0.7,
    "gradient": 0.55,
    "input-x-gradient": 0.8,
    "moxi": 0.62,
    "random": 0.05,
}
METRICS = {
    "relevance-mass": ("higher", "share"),
    "pointing-game": ("higher", ""),
    "deletion": ("lower", "probability"),
    "gini": ("", ""),
}
BIBTEX = """@inproceedings{sundararajan2017axiomatic,
  title     = {Axiomatic Attribution for Deep Networks},
  author    = {Sundararajan, Mukund and Taly, Ankur and Yan, Qiqi},
  booktitle = {ICML},
  year      = {2017}
}"""


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def results(
    samples: int = 48, seeds: tuple[int, ...] = (0, 1, 2), model: str = "decoy", data: str = "decoy-test"
) -> pd.DataFrame:
    rows = []
    for metric, (better, unit) in METRICS.items():
        for explainer, skill in EXPLAINERS.items():
            draw = generator(hash_of(metric + explainer))
            own = torch.rand(samples, generator=draw) * 0.3
            for seed in seeds:
                level = 1 - skill if better == "lower" else skill
                values = (level + own - 0.15 + 0.05 * torch.randn(samples, generator=draw)).clamp(0, 1)
                if metric == "pointing-game":
                    values = (values > 0.5).float()
                for sample, value in enumerate(values.tolist()):
                    rows.append(
                        {
                            "model": model,
                            "data": data,
                            "explainer": explainer,
                            "segmenter": "grid" if explainer == "moxi" else "",
                            "baseline": "black" if explainer in ("integrated-gradients", "moxi") else "",
                            "references": "",
                            "imputer": "",
                            "metric": metric,
                            "seed": seed,
                            "sample": sample,
                            "id": f"test-{sample:04d}",
                            "value": value,
                            "better": better,
                            "unit": unit,
                        }
                    )
    return pd.DataFrame(rows)


def timings(seeds: tuple[int, ...] = (0, 1, 2), model: str = "decoy", data: str = "decoy-test") -> pd.DataFrame:
    cost = {
        "integrated-gradients": 50,
        "smoothgrad": 50,
        "gradient": 1,
        "input-x-gradient": 1,
        "moxi": 560,
        "random": 0,
    }
    return pd.DataFrame(
        [
            {
                "model": model,
                "data": data,
                "explainer": name,
                "segmenter": "grid" if name == "moxi" else "",
                "baseline": "black" if name in ("integrated-gradients", "moxi") else "",
                "references": "",
                "imputer": "",
                "seed": seed,
                "forwards": 48 * each,
                "backwards": 48 * each if name != "moxi" else 0,
                "seconds": 0.004 + 0.0009 * 48 * each + 0.0001 * seed,
                "peak_bytes": float("nan") if name == "random" else 2**20 * (3 + each / 10),
            }
            for name, each in cost.items()
            for seed in seeds
        ]
    )


def hash_of(text: str) -> int:
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(text))


def curves(model: str = "decoy", data: str = "decoy-test", seeds: tuple[int, ...] = (0, 1)) -> list[Curve]:
    steps = torch.linspace(0, 1, 29)
    made = []
    for metric in ("deletion", "insertion"):
        for name, skill in EXPLAINERS.items():
            for seed in seeds:
                rate = 2 + 10 * skill + torch.randn(48, 1, generator=generator(hash_of(name) + seed))
                falling = torch.exp(-rate.clamp(min=0.3) * steps)
                made.append(
                    Curve(model, data, name, metric, seed, steps, falling if metric == "deletion" else 1 - falling)
                )
    return made


def digits(count: int = 6) -> tuple[Tensor, Tensor]:
    """Noisy strokes (count,1,28,28) with a white 4x4 patch at the border, and the patch (count,28,28)."""
    draw = generator(3)
    grid = torch.stack(torch.meshgrid(torch.arange(28.0), torch.arange(28.0), indexing="ij"))
    images, patches = [], []
    for place in range(count):
        centre = 13.5 + torch.randn(2, generator=draw)
        distance = (grid - centre[:, None, None]).square().sum(0).sqrt()
        stroke = torch.exp(-((distance - 5 - place % 3) ** 2) / 3) * 0.45
        image = (stroke + 0.12 * torch.rand(28, 28, generator=draw)).clamp(0, 1)
        patch = torch.zeros(28, 28, dtype=torch.bool)
        patch[1:5, 1 + 4 * (place % 6) : 5 + 4 * (place % 6)] = True
        image[patch] = 1.0
        images.append(image)
        patches.append(patch)
    return torch.stack(images).unsqueeze(1), torch.stack(patches)


def attribution(relevant: Tensor, skill: float, channels: int, scale: float, seed: int) -> Tensor:
    noise = torch.randn(len(relevant), channels, *relevant.shape[1:], generator=generator(seed))
    return scale * (noise * (1.05 - skill) + 4 * skill * relevant.unsqueeze(1))


def digit_panel(model: str = "decoy", data: str = "decoy-test") -> Panel:
    images, relevant = digits()
    labels = torch.arange(6)
    predicted = torch.tensor([0, 1, 7, 3, 4, 5])
    target = Target(predicted)
    maps = {
        name: Explanation(attribution(relevant, skill, 1, 10.0 ** (place - 2), place), "input", target)
        for place, (name, skill) in enumerate(EXPLAINERS.items())
    }
    cells = torch.arange(28) // 4
    groups = FeatureGroups.from_labels((cells[:, None] * 7 + cells).expand(6, 28, 28))
    per_group = groups.mean(maps["moxi"].attribution)
    order = per_group.argsort(dim=1, descending=True)[:, :8]
    maps["moxi"] = Explanation(per_group, "group", target, groups=groups, order=order)
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return Panel(
        model, data, images, relevant, labels, predicted, names, tuple(f"test-{i:04d}" for i in range(6)), maps
    )


def colour_panel(side: int = 224) -> Panel:
    draw = generator(5)
    coarse = torch.rand(4, 3, 7, 7, generator=draw)
    images = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bicubic").clamp(0, 1)
    relevant = torch.zeros(4, side, side, dtype=torch.bool)
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    for row in range(4):
        relevant[row] = ((y - side * 0.45) ** 2 + (x - side * (0.3 + row * 0.1)) ** 2) < (side * 0.2) ** 2
    target = Target(torch.tensor([1, 0, 2, 1]))
    maps = {
        name: Explanation(attribution(relevant, skill, 3, 0.01, place), "input", target)
        for place, (name, skill) in enumerate(EXPLAINERS.items())
        if name != "moxi"
    }
    members = torch.zeros(4, 2, 3, side, side, dtype=torch.bool)
    members[:, 0, :, side // 4 : side // 2, side // 4 : side // 2] = True
    members[:, 1, :, side // 2 : side - 10, side // 2 : side - 60] = True
    values = torch.tensor([[0.42, -0.17]]).expand(4, 2)
    maps["hsets"] = Explanation(maps["random"].attribution, "input", target, sets=SetScores(members, values))
    return Panel(
        "resnet",
        "photos",
        images,
        relevant,
        torch.tensor([1, 0, 2, 2]),
        torch.tensor([1, 0, 2, 1]),
        ("tabby cat", "golden retriever", "red fox"),
        tuple(f"photos/{i}.png" for i in range(4)),
        maps,
    )


def provenance() -> list[dict[str, str]]:
    return [
        {
            "kind": "explainer",
            "name": name,
            "plugin": "captum",
            "distribution": "xaiplug-captum",
            "version": "0.1.0",
            "summary": f"What {name} does, in one plain sentence of the plug-in's author.",
            "bibtex": BIBTEX if name == "integrated-gradients" else "",
        }
        for name in EXPLAINERS
    ]


@pytest.fixture(scope="session")
def study() -> Study:
    """Six explainers, four metrics, 48 digits, three seeds."""
    return make_study()


def make_study(**changes: object) -> Study:
    parts: dict[str, object] = {
        "name": "decoy",
        "config": "version: 1\nname: decoy\nseeds: [0, 1, 2]\nmodels:\n  decoy: {use: task:decoy-mnist}\n",
        "results": results(),
        "timings": timings(),
        "curves": curves(),
        "gallery": [digit_panel()],
        "provenance": provenance(),
        "failures": [],
        "machine": {"device": "CPU, 2 cores", "python": "3.11.9", "torch": "2.9.0", "xaiplug": "0.1.0"},
    }
    return Study(**{**parts, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def photos() -> Panel:
    """Colour images with sets."""
    return colour_panel(96)


@pytest.fixture(scope="session")
def studies() -> Callable[..., Study]:
    """Make a study with some parts changed."""
    return make_study
