"""`hsets` with `parity=True` against the published procedure, written plainly in `tests/published.py`, in one run.

    python plugins/hsets/benchmarks/published_procedure.py [--network small-cnn|mobilenet_v2] [--rounds 3]

Sets and scores must be equal, or there is no ratio. Detection and scoring are timed apart; rounds are interleaved.
Both use the same limit of Hessian rows (`--max-rows`, none by default) and the same random subsets.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import statistics
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import xaiplug
from xaiplug.asking import Given, asking, base_query, complete
from xaiplug.data.query import Query
from xaiplug.model import Model
from xaiplug_hsets.idg import subset_masks, ways_of


def small_cnn() -> nn.Module:
    """3x64x64 -> 10 classes, five ReLUs."""
    channels = (3, 16, 32, 32, 64)
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 16, 64), nn.ReLU(), nn.Linear(64, 10))


def mobilenet_v2(weights: str | None) -> nn.Module:
    """timm's, with ReLU in the place of ReLU6, whose published surrogate changes the forward."""
    import timm
    from safetensors.torch import load_file

    network: nn.Module = timm.create_model("mobilenetv2_100", pretrained=False)
    if weights is not None:
        state, own = load_file(weights), network.state_dict()
        network.load_state_dict({name: value.to(own[name].dtype) for name, value in state.items() if name in own})
    for module in list(network.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, nn.ReLU6):
                setattr(module, name, nn.ReLU())
    return network


def loaded(name: str) -> Any:
    """`tests/published.py` as a module."""
    path = Path(__file__).parents[1] / "tests" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hsets_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def seconds(run: Callable[[], Any]) -> tuple[float, Any]:
    before = time.perf_counter()
    result = run()
    return time.perf_counter() - before, result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=["small-cnn", "mobilenet_v2"], default="small-cnn")
    parser.add_argument("--weights", help="safetensors of timm's mobilenetv2_100; random, it has next to no curvature")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nu", type=int, default=2000)
    parser.add_argument("--mu", type=float, default=0.5)
    parser.add_argument("--sets", type=int, default=5)
    parser.add_argument("--max-rows", type=int)
    parser.add_argument("--published-samples", type=int, help="subsets that the published scoring runs, of 30 (scaled)")
    parser.add_argument(
        "--double", action="store_true", help="float64: deep networks turn one ulp into 1e-3 of a score"
    )
    options = parser.parse_args()
    torch.manual_seed(0)
    network = small_cnn() if options.network == "small-cnn" else mobilenet_v2(options.weights)
    dtype = torch.float64 if options.double else torch.float32
    network.eval().requires_grad_(False).to(dtype)
    side = 64 if options.network == "small-cnn" else 224
    noise = torch.rand(1, 3, side // 8, side // 8, dtype=dtype)
    x = nn.functional.interpolate(noise, size=(side, side), mode="bilinear") * 0.9 + 0.05
    labels = torch.arange(16).view(4, 4).repeat_interleave(side // 4, 0).repeat_interleave(side // 4, 1)[None]
    target = int(network(x).argmax())
    published = loaded("published")

    made: Any = xaiplug.component(
        "explainer", "hsets", parity=True, mu=options.mu, nu=options.nu, k=options.sets, max_rows=options.max_rows
    )

    def asked() -> Query:
        query = base_query(Model(network), x, target=target)
        return complete(query, made, Given(segmenter=labels, baseline=torch.zeros_like(x[0])))[0]

    def detect() -> Any:
        query = asked()
        return made.detect(query, made.curved(query), 0, made.ranking(query, 0, made.steps))

    def score(found: Any) -> list[Tensor]:
        query = asked()
        gradients, ways, seed = made.gradients(query, 0), ways_of(query, 0), made.draws(query)[0]
        return [made.value(one.members, ways, gradients, seed, lost=float("nan")) for one in found.sets]

    def whole() -> Any:
        return xaiplug.explain(network, x, made, target=target, segmenter=labels, baseline=torch.zeros_like(x[0]))

    def their_sets() -> list[np.ndarray]:
        sets: list[np.ndarray] = published.generate_sets(
            network, x[0], target, labels[0], options.mu, options.nu, options.sets, options.max_rows
        )
        return sets

    def their_scores(sets: list[np.ndarray], masks: list[np.ndarray]) -> list[float]:
        return [published.attribute_set(network, x[0], one, mask) for one, mask in zip(sets, masks, strict=True)]

    times: dict[str, list[float]] = {name: [] for name in ("detect", "score", "whole", "published detect")}
    with asking(Model(network)):
        detect()  # warm
        for _ in range(options.rounds):
            seconds_detect, found = seconds(detect)
            seconds_score, ours = seconds(lambda found=found: score(found))
            seconds_whole, _ = seconds(whole)
            seconds_sets, theirs = seconds(their_sets)
            for name, value in zip(times, (seconds_detect, seconds_score, seconds_whole, seconds_sets), strict=True):
                times[name].append(value)
        seed = made.draws(asked())[0]
        draws = [subset_masks(int(one.sum()), "sample", 30, seed).numpy() for one in theirs]
        part = options.published_samples or 30
        seconds_scores, scores = seconds(lambda: their_scores(theirs, [mask[:part] for mask in draws]))
        seconds_scores *= 30 / part

    print(f"load {os.getloadavg()[0]:.1f}, {torch.get_num_threads()} threads, {options.network} at {side}")
    print(f"{len(theirs)} sets of {[int(one.sum()) for one in theirs]} features, {found.rows} Hessian rows")
    if len(found.sets) != len(theirs):
        raise SystemExit("numbers of sets differ; no ratio")
    for one, other in zip(found.sets, theirs, strict=True):
        if not np.array_equal(one.members.numpy(), np.flatnonzero(other)):
            raise SystemExit("sets differ; no ratio")
    if part < 30:  # the scores of so many subsets only
        made_part = xaiplug.component("explainer", "idg", abs_mode="reference", aggregate="sum", samples=part)
        gradients, ways = made.gradients(asked(), 0), ways_of(asked(), 0)
        ours = [made_part.value(one.members, ways, gradients, seed, lost=float("nan")) for one in found.sets]  # type: ignore[attr-defined]
    error = max((abs(float(a) - b) / abs(b) for a, b in zip(ours, scores, strict=True)), default=0.0)
    if not theirs:
        raise SystemExit("no sets; no ratio")
    print(f"sets equal, scores equal to {error:.1e}")
    if error > 1e-4:
        raise SystemExit("scores differ; no ratio")
    median = {name: statistics.median(values) for name, values in times.items()}
    their_whole = median["published detect"] + seconds_scores
    for name, ours_seconds, theirs_seconds in (
        ("detection", median["detect"], median["published detect"]),
        ("scoring", median["score"], seconds_scores),
        ("whole", median["whole"], their_whole),
    ):
        print(
            f"{name:10} {ours_seconds:8.3f} s, published {theirs_seconds:8.2f} s, {theirs_seconds / ours_seconds:6.1f}x"
        )


if __name__ == "__main__":
    main()
