"""`hsets` with `parity=True` against the published procedure, written plainly in `tests/published.py`, in one run.

    python plugins/hsets/benchmarks/published_procedure.py [--network small-cnn|mobilenet_v2] [--rounds 3]

Sets and scores must be equal, or there is no ratio. Detection and scoring are timed apart, in interleaved rounds, in
processor seconds where there is one thread (OMP_NUM_THREADS=1).
Both use the same limit of Hessian rows (`--max-rows`, none by default) and the same random subsets.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import xaiplug
from xaiplug.calling.asking import asking, base_query, complete
from xaiplug.calling.given import Given
from xaiplug.model import Model
from xaiplug.model.query import Query
from xaiplug.testing.timing import paired
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

    def score(found: Any) -> Any:
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

    seed = made.draws(asked())[0]
    part = options.published_samples or 30
    partly: Any = xaiplug.component(
        "explainer", "idg", abs_mode="reference", aggregate="sum", samples=part, steps=made.steps
    )

    def same_sets(ours: Any, theirs: list[np.ndarray]) -> None:
        if len(ours.sets) != len(theirs) or not theirs:
            raise SystemExit(f"{len(ours.sets)} sets and {len(theirs)} published; no ratio")
        for one, other in zip(ours.sets, theirs, strict=True):
            if not np.array_equal(one.members.numpy(), np.flatnonzero(other)):
                raise SystemExit("sets differ; no ratio")

    def same_scores(_: Any, theirs: list[float]) -> None:
        """Those of so many subsets as the published scoring runs."""
        query = asked()
        gradients, ways = partly.gradients(query, 0), ways_of(query, 0)
        ours = [partly.value(one.members, ways, gradients, seed, lost=float("nan")) for one in found.sets]
        error = max(abs(float(a) - b) / abs(b) for a, b in zip(ours, theirs, strict=True))
        print(f"sets equal, scores of {part} subsets equal to {error:.1e}")
        if not error <= 1e-4:
            raise SystemExit("scores differ; no ratio")

    with asking(Model(network)):
        found, sets = detect(), their_sets()
        masks = [subset_masks(int(one.sum()), "sample", part, seed).numpy() for one in sets]
        print(f"{options.network} at {side}: {len(sets)} sets of {[int(one.sum()) for one in sets]} features", end=", ")
        print(f"{found.rows} Hessian rows")
        clock = time.process_time if torch.get_num_threads() == 1 else time.perf_counter
        detection = paired(detect, their_sets, same_sets, rounds=options.rounds, clock=clock)
        scoring = paired(
            lambda: score(found), lambda: their_scores(sets, masks), same_scores, rounds=options.rounds, clock=clock
        )
        all_of_it = paired(whole, detect, lambda *_: None, rounds=options.rounds, clock=clock)
    ours_whole, theirs_scoring = statistics.median(all_of_it.ours), 30 / part * statistics.median(scoring.theirs)
    theirs_whole = statistics.median(detection.theirs) + theirs_scoring
    print(f"detection {detection}")
    print(f"scoring   {scoring}; {30 / part:.0f} times that for 30 subsets: {30 / part * scoring.ratio:.0f}x")
    print(f"whole     {theirs_whole / ours_whole:.1f}x (ours {ours_whole:.3f} s, theirs {theirs_whole:.3f} s)")


if __name__ == "__main__":
    main()
