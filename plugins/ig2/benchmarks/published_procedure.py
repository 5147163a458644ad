"""ig2 against the published procedure, and against the bare forwards and backwards it cannot do without.

The procedure, as the paper and its supplement describe it: one sample at a time; first the whole path (a forward and
a backward of the distance for each point, the points copied to the host and kept), then the integral (a forward and a
backward of the score for each point of the path); gradients of the weights are computed along and thrown away.

Both run with `rule: left`, the published one; ratios are printed only where the values agree to 1e-5 of the largest in
float64. (In float32 the rounding of another batch size or memory format now and then decides on which side of a ReLU's
kink a step lands; that difference is printed too. Times are those of float32.)

    python benchmarks/published_procedure.py                                     # small CNN, 64 x 64
    python benchmarks/published_procedure.py --network mobilenet_v2 --side 224 --steps 5 --rounds 3
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

import xaiplug
from xaiplug import Model
from xaiplug.testing.timing import paired

TOLERANCE = 1e-5


def small_cnn() -> nn.Module:
    """Three convolutions of 32, 64 and 128 channels with pooling, two linear layers (the paper's wafer network)."""
    layers: list[nn.Module] = []
    for before, after in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(256), nn.ReLU(), nn.Linear(256, 10))


def network_of(name: str, side: int) -> nn.Module:
    """A network in eval mode with random weights."""
    if name == "cnn":
        network = small_cnn()
    else:
        import torchvision

        network = torchvision.models.get_model(name, weights=None)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the statistics of one pass: random weights alone let the activations vanish
    with torch.no_grad():
        network.train()(torch.rand(8, 3, side, side))
    return network.eval()


def published(model: Model, x: Tensor, references: Tensor, target: int, steps: int, step_size: float) -> np.ndarray:
    """IG² of one sample x (C,H,W) with references (n,C,H,W): two passes, all of it on the host in between."""
    for parameter in model.module.parameters():
        parameter.requires_grad_(True)
    with torch.no_grad():
        goal = model.features(references)
    at = np.repeat(x.numpy()[None], len(references), axis=0)
    path = [at]
    for _ in range(steps):
        point = torch.tensor(at, requires_grad=True)
        loss = (model.features(point) - goal).square().mean()
        loss.backward()
        gradient = point.grad.detach().cpu().numpy()
        length = np.sqrt((gradient.reshape(len(gradient), -1) ** 2).sum(1)).reshape(-1, 1, 1, 1)
        at = np.clip(at - step_size * gradient / length, 0, 1)
        path.append(at)
    whole = np.stack(path)
    total = np.zeros_like(at)
    for here, there in pairwise(whole):
        point = torch.tensor(here, requires_grad=True)
        score = model(point)[:, target].sum()
        score.backward()
        total += (here - there) * point.grad.detach().cpu().numpy()
    return total.mean(0)


def bare(model: Model, rows: int, shape: tuple[int, ...], steps: int, chunk: int, layout: torch.memory_format) -> None:
    """The network's part alone: two vector-Jacobian products a step, a forward a point of the path and a reference."""
    for first in range(0, rows, chunk):
        points = torch.rand(min(chunk, rows - first), *shape).contiguous(memory_format=layout)
        for _ in range(steps):
            at = points.detach().requires_grad_()
            features, logits = model.features_and_logits(at)
            torch.autograd.grad(features.sum(), at, retain_graph=True)
            torch.autograd.grad(logits[:, 0].sum(), at)
        with torch.no_grad():
            model(points)
            model.features_and_logits(points)


def fastest(model: Model, rows: int, shape: tuple[int, ...]) -> tuple[int, torch.memory_format]:
    """Rows at a time, and the memory format, with which the bare loop is fastest."""
    sizes = [size for size in (1, 2, 4, 8, 16, 32, 64) if size <= rows]
    settings = [(size, layout) for size in sizes for layout in (torch.contiguous_format, torch.channels_last)]
    speed = {each: min(seconds(lambda s=each: bare(model, rows, shape, 2, *s)) for _ in range(2)) for each in settings}
    return min(speed, key=speed.__getitem__)


def largest_difference(a: np.ndarray, b: np.ndarray) -> float:
    """As a share of the largest value."""
    return float(np.abs(a - b).max() / np.abs(b).max())


def seconds(run: Callable[[], object]) -> float:
    before = time.perf_counter()
    run()
    return time.perf_counter() - before


def compare(name: str, ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> None:
    """Print the ratio theirs / ours; the values were compared before, in float64."""
    print(f"{name}: {paired(ours, theirs, lambda a, b: None, rounds=rounds)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="cnn")
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--step-size", type=float, default=0.05)
    parser.add_argument("--references", type=int, default=8)
    parser.add_argument("--images", type=int, nargs="*", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    torch.manual_seed(0)

    model = Model(network_of(options.network, options.side), input_range=(0, 1))
    shape = (3, options.side, options.side)
    params = {"steps": options.steps, "step_size": options.step_size, "rule": "left"}
    print(f"{options.network} at {options.side}, {options.steps} steps, {options.references} references", end="; ")
    print(f"{torch.get_num_threads()} threads, load {os.getloadavg()[0]:.1f}")
    for images in options.images:
        x, references = torch.rand(images, *shape), torch.rand(options.references, images, *shape)

        def ours(x: Tensor = x, references: Tensor = references, model: Model = model) -> np.ndarray:
            ex = xaiplug.explain(model, x, "ig2", target=0, references=references, **params)
            return ex.attribution.numpy()

        def theirs(x: Tensor = x, references: Tensor = references, model: Model = model) -> np.ndarray:
            steps, step_size = options.steps, options.step_size
            return np.stack([published(model, x[i], references[:, i], 0, steps, step_size) for i in range(len(x))])

        exact = (x.double(), references.double(), Model(deepcopy(model.network).double(), input_range=(0, 1)))
        error, rounded = (largest_difference(ours(*given), theirs(*given)) for given in (exact, ()))
        print(f"{images} image{'s' if images > 1 else ''}: largest difference {error:.1e} (float32: {rounded:.1e})")
        if not error <= TOLERANCE:
            print("  values differ: no ratio")
            continue
        compare("  published procedure", ours, theirs, options.rounds)
        rows = images * options.references
        with model.frozen():
            best = fastest(model, rows, shape)
        print(f"  fastest bare loop: {best[0]} rows at a time, {best[1]}")

        def floor(rows: int = rows, best: tuple[int, torch.memory_format] = best) -> None:
            with model.frozen():
                bare(model, rows, shape, options.steps, *best)

        compare("  bare forwards and backwards", ours, floor, options.rounds)
    long = {"steps": 10 * options.steps, "step_size": options.step_size}
    x, references = torch.rand(1, *shape), torch.rand(options.references, 1, *shape)

    def walk(patience: int | None) -> xaiplug.Explanation:
        return xaiplug.explain(model, x, "ig2", target=0, references=references, patience=patience, **long)

    print(f"freezing converged references (patience 10, {long['steps']} steps):")
    print(f"  backwards {walk(10).meta['backwards']} of {walk(None).meta['backwards']}")
    compare("  without freezing", lambda: walk(10), lambda: walk(None), max(1, options.rounds // 3))


if __name__ == "__main__":
    main()
