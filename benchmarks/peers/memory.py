"""Most memory of integrated gradients on 16 images at 224 pixels, 200 steps: `python -m benchmarks.peers.memory`.

Each way runs in a process of its own. The network is one strided convolution, so that what is told is the method's own:
its points and what it sums up, not a network's activations. captum runs at the `internal_batch_size` that needs least.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from torch import nn

from benchmarks.peers.networks import TARGET
from benchmarks.peers.ours import explained
from benchmarks.peers.race import seeded
from xaiplug.model.passes import metered

KEPT = Path(__file__).parent / "memory.json"
IMAGES, SIDE, STEPS = 16, 224, 200
SIZES = (4, 16, 64)


def network() -> nn.Module:
    """A convolution of stride 16, and classes."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 16, 16), nn.Tanh(), nn.Flatten(), nn.Linear(8 * 14 * 14, 10)).eval()


def peak(size: int | None) -> tuple[int, list[float]]:
    """Bytes above what was held before, and the sum of each map; `size` is captum's, None = ours."""
    net, x = network(), seeded(IMAGES, SIDE)
    if size is not None:
        from captum.attr import IntegratedGradients

        theirs = IntegratedGradients(net)
    else:
        explained(net, x[:1], "integrated-gradients", steps=2)
    with metered(net) as meter:
        if size is None:
            maps = explained(net, x, "integrated-gradients", steps=STEPS)
        else:
            maps = theirs.attribute(x, 0 * x, target=TARGET, n_steps=STEPS, internal_batch_size=size)
    return meter.peak_bytes, maps.double().flatten(1).sum(1).tolist()


def main() -> None:
    """Run all, see that the maps are equal, and keep the bytes."""
    torch.set_num_threads(1)
    if len(sys.argv) > 1:
        print(json.dumps(peak(None if sys.argv[1] == "ours" else int(sys.argv[1]))))
        return
    found, sums = {}, []
    for way in ("ours", *map(str, SIZES)):
        told = subprocess.run([sys.executable, "-m", __spec__.name, way], capture_output=True, text=True, check=True)
        found[way], maps = json.loads(told.stdout.splitlines()[-1])
        sums.append(torch.tensor(maps))
    for other in sums[1:]:
        torch.testing.assert_close(other, sums[0], rtol=1e-4, atol=1e-5)
    best = min(SIZES, key=lambda size: found[str(size)])
    kept = {"ours": found["ours"], "captum": found[str(best)], "setting": f"internal_batch_size={best}"}
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    print(f"ours {kept['ours'] / 2**20:.0f} MiB, captum {kept['captum'] / 2**20:.0f} MiB ({kept['setting']})")


if __name__ == "__main__":
    main()
