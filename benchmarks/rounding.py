"""By how much `max_batch` changes what rounding decides: `python benchmarks/rounding.py`, with OMP_NUM_THREADS=1.

Each line asks the same of two images with `max_batch` 1 and 2 (a path goes through both at once) or 1 and 16 (masked
copies), on networks without training, and prints the largest difference as a share of the largest value, with the
correlation of the two maps; of several draws of network and images, the one that differs most.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import torch
import torchvision
from torch import Tensor, nn

import xaiplug
from xaiplug.testing.shared.compare import largest_error
from xaiplug.testing.shared.nets import ConvNet, seeded

DTYPES = (torch.float32, torch.float64)
NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "the kit's network": (ConvNet, 16),
    "ResNet-18": (lambda: torchvision.models.resnet18(weights=None), 64),
    "MobileNetV2": (lambda: torchvision.models.mobilenet_v2(weights=None), 96),
}
LINES = [
    ("mu-fidelity", "ResNet-18", 0),
    *((method, "the kit's network", 200) for method in ("ig2", "grad-cf-explanation")),
    *((method, "ResNet-18", 30) for method in ("ig2", "grad-cf-explanation")),
    *((method, "MobileNetV2", 60) for method in ("ig2", "grad-cf-explanation")),
]
"""What is measured, on which network, and the steps of its path."""


def answers(name: str, network: str, steps: int, dtype: torch.dtype, seed: int) -> list[Tensor]:
    """The map or the values by one row a call, and by two."""
    make, side = NETWORKS[network]
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = (seeded(make, seed) if make is ConvNet else make()).to(dtype).eval()
        images = torch.rand(4, 3, side, side).to(dtype)
    inputs, references = images[:2], images[None, 2:]
    if steps:
        return [
            xaiplug.explain(net, inputs, name, references=references, steps=steps, max_batch=rows).attribution
            for rows in (1, 2)
        ]
    map_ = xaiplug.explain(net, inputs, "gradient", max_batch=2)
    return [xaiplug.score(net, inputs, map_, name, max_batch=rows).values for rows in (1, 16)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=3)
    draws = parser.parse_args().draws
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # long steps, logits that hardly differ: what is asked about here
    for name, network, steps in LINES:
        for dtype in DTYPES:
            pairs = [answers(name, network, steps, dtype, seed) for seed in range(draws)]
            worst, (one, two) = max(((largest_error(*pair), pair) for pair in pairs), key=lambda found: found[0])
            alike = "" if not steps else f", correlation {torch.stack([one, two]).flatten(1).corrcoef()[0, 1]:.2f}"
            path = f", {steps} steps" if steps else ""
            print(f"{name} on {network}{path}, {str(dtype)[6:]}: {worst:.1g}{alike}", flush=True)


if __name__ == "__main__":
    main()
