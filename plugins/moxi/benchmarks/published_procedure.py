"""`moxi` against a plain transcription of the published procedure; equal orders are asserted first.

The transcription does what MoXI's published code is described to do: one image at a time; in every step all n
candidates, those already chosen too (their rewards are then set to the worst); always n steps; masks in Python lists;
in a transformer every candidate's image is embedded anew, in a CNN every mask is blown up to the image. It is spared
the n-fold image preprocessing of the original. Weights are random: time does not depend on them.

    python plugins/moxi/benchmarks/published_procedure.py                       # both networks, full size
    python plugins/moxi/benchmarks/published_procedure.py --network vit --side 112

Seconds of wall and of processor time are printed, with their ratios; the latter is the one to read on a busy machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import xaiplug

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def log_odds(logits: Tensor, label: int) -> Tensor:
    others = [k for k in range(logits.shape[1]) if k != label]
    return logits[:, label] - logits[:, others].logsumexp(1)


def published(rewards: Callable[[list[list[int]]], Tensor], players: int, mode: str) -> list[int]:
    """The order of choice; `rewards` takes the kept players of n candidates, as lists."""
    chosen: list[int] = []
    for _ in range(players):
        kept = []
        for candidate in range(players):
            if mode == "insertion":
                kept.append([*chosen, candidate])
            else:
                left = [player for player in range(players) if player not in chosen]
                left.remove(candidate if candidate in left else left[0])
                kept.append(left)
        values = rewards(kept)
        values[chosen] = -torch.inf if mode == "insertion" else torch.inf
        chosen.append(int(values.argmax() if mode == "insertion" else values.argmin()))
    return chosen


def vit_rewards(model: xaiplug.Model, image: Tensor, label: int) -> Callable[[list[list[int]]], Tensor]:
    tokens = model.tokens
    assert tokens is not None

    def rewards(kept: list[list[int]]) -> Tensor:
        embedded = tokens.embed(image.expand(len(kept), -1, -1, -1))
        picked = torch.stack(
            [row[[0, *(1 + player for player in sorted(players))]] for row, players in zip(embedded, kept, strict=True)]
        )
        return log_odds(tokens.head(tokens.run(picked)), label)

    return rewards


def cnn_rewards(model: xaiplug.Model, image: Tensor, label: int, grid: int) -> Callable[[list[list[int]]], Tensor]:
    def rewards(kept: list[list[int]]) -> Tensor:
        masks = torch.tensor([[[float(player in players) for player in range(grid**2)]] for players in kept])
        blown = F.interpolate(masks.view(-1, 1, grid, grid), image.shape[-2:], mode="nearest")
        mean = torch.tensor(MEAN).view(3, 1, 1)
        return log_odds(model(mean + (image - mean) * blown), label)

    return rewards


def network(name: str, side: int) -> tuple[nn.Module, int]:
    torch.manual_seed(0)
    if name == "vit":
        import timm

        net: nn.Module = timm.create_model("vit_tiny_patch16_224", img_size=side)
        for parameter in net.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, std=0.1)
        return net.eval(), side // 16
    from torchvision.models import mobilenet_v2

    net = mobilenet_v2(weights=None)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 1.0
    with torch.no_grad():
        net.train()(torch.randn(8, 3, 96, 96))  # statistics that let the image through: scores must differ
        net.classifier[1].weight.mul_(20)
    return net.eval(), 7


def timed(run: Callable[[], list[list[int]]]) -> tuple[list[list[int]], float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = run()
    return result, time.perf_counter() - wall, time.process_time() - cpu


def compare(name: str, side: int, images: int, modes: list[str], share: float) -> None:
    net, grid = network(name, side)
    model = xaiplug.Model(net, mean=MEAN, std=STD)
    x = torch.rand(images, 3, side, side, generator=torch.Generator().manual_seed(1))
    given = {"segmenter": ("grid", {"rows": grid, "columns": grid}), "target": 0}
    given |= (
        {"imputer": "token-removal"}
        if name == "vit"
        else {"baseline": torch.tensor(MEAN).view(3, 1, 1).expand_as(x[0])}
    )

    def theirs(mode: str) -> list[list[int]]:
        with torch.no_grad(), model.frozen():
            make = (
                (lambda image: vit_rewards(model, image, 0))
                if name == "vit"
                else (lambda image: cnn_rewards(model, image, 0, grid))
            )
            return [published(make(image[None]), grid**2, mode) for image in x]

    for mode in modes:
        slow, wall, cpu = timed(lambda mode=mode: theirs(mode))
        for steps in (None, max(1, round(share * grid**2))):
            fast, our_wall, our_cpu = timed(
                lambda mode=mode, steps=steps: xaiplug.explain(
                    model, x, "moxi", mode=mode, steps=steps, **given
                ).order.tolist()
            )
            same = [order[: len(ours)] for order, ours in zip(slow, fast, strict=True)] == fast
            what = "full" if steps is None else f"first {steps}"
            print(
                f"{name} {grid}x{grid} {mode} {what}: published {wall:.1f} s ({cpu:.1f} cpu), ours {our_wall:.1f} s "
                f"({our_cpu:.1f} cpu): {wall / our_wall:.2f}x ({cpu / our_cpu:.2f}x cpu), orders "
                f"{'equal' if same else 'DIFFER'}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=["vit", "mobilenet", "both"], default="both")
    parser.add_argument("--mode", choices=["insertion", "deletion", "both"], default="both")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.1, help="of the patches, for the early part")
    given = parser.parse_args()
    modes = ["insertion", "deletion"] if given.mode == "both" else [given.mode]
    for name in ["vit", "mobilenet"] if given.network == "both" else [given.network]:
        compare(name, given.side, given.images, modes, given.share)


if __name__ == "__main__":
    main()
