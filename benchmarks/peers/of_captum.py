"""Races against captum."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from captum.attr import DeepLift, InputXGradient, IntegratedGradients, LayerGradCam, Occlusion, Saliency

from benchmarks.peers.networks import LAYERS, MADE, SIDES, TARGET, bare_forwards, bare_gradients, network
from benchmarks.peers.ours import explained
from benchmarks.peers.race import Race, seeded

STEPS = 20


def races() -> Iterator[Race]:
    """Gradients, their integral, class activation, DeepLIFT and occlusion."""
    for name in MADE:
        net = network(name)
        for images in (1, 8):
            x = seeded(images, SIDES[name])
            race = partial(Race, network=name, images=images, peer="captum")
            bare = bare_gradients(net, x)
            ours = partial(explained, net, x)
            saliency, product = Saliency(net), InputXGradient(net)
            theirs = partial(saliency.attribute, x, target=TARGET, abs=False)
            yield race("gradient", ours=partial(ours, "gradient"), settings={"": theirs}, bare=bare)
            theirs = partial(product.attribute, x, target=TARGET)
            yield race("input x gradient", ours=partial(ours, "input-x-gradient"), settings={"": theirs}, bare=bare)
            if name in LAYERS:
                cam = LayerGradCam(net, net.get_submodule(LAYERS[name]))
                mapped = partial(lambda cam, x: cam.attribute(x, target=TARGET).flatten(1).detach(), cam, x)
                layer = partial(ours, "grad-cam", layer=LAYERS[name])
                yield race("grad-cam, layer named", ours=layer, settings={"": mapped})
            if images == 1 or name == "small CNN":
                integral = IntegratedGradients(net)
                sizes = {
                    f"internal_batch_size={size}": partial(
                        integral.attribute, x, 0.0 * x, target=TARGET, n_steps=STEPS, internal_batch_size=size
                    )
                    for size in (4, 8, 16, None)
                }
                yield race(
                    f"integrated gradients, {STEPS} steps",
                    ours=partial(ours, "integrated-gradients", steps=STEPS),
                    settings=sizes,
                    bare=bare_gradients(net, x, STEPS),
                )
        if name == "small CNN":
            yield from _small(1)
            yield from _small(8)


def _small(images: int) -> Iterator[Race]:
    net, x = network("small CNN"), seeded(images, 64)
    race = partial(Race, network="small CNN", images=images, peer="captum")
    lift, window = DeepLift(net), Occlusion(net)
    theirs = partial(lambda: lift.attribute(x, 0.0 * x, target=TARGET).detach())
    yield race("deep-lift", ours=partial(explained, net, x, "deep-lift"), settings={"": theirs})
    sizes = {
        f"perturbations_per_eval={size}": partial(
            lambda size: window.attribute(
                x, (3, 8, 8), (3, 8, 8), baselines=0, target=TARGET, perturbations_per_eval=size
            )[:, :1],
            size,
        )
        for size in (1, 4, 16, 64)
    }
    with torch.no_grad():
        yield race(
            "occlusion, 64 windows",
            ours=partial(explained, net, x, "occlusion", window=8, stride=8),
            settings=sizes,
            bare=bare_forwards(net, x, 65 * images),
        )
