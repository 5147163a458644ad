"""Races against shap, shapiq, zennit, saliency, grad-cam, lime and Quantus, each where its output is ours."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

import xaiplug
from benchmarks.peers.networks import LAYERS, SIDES, TARGET, bare_forwards, network
from benchmarks.peers.ours import cells, explained
from benchmarks.peers.race import Race, seeded

PLAYERS = 8
ALL = 2**PLAYERS


def races() -> Iterator[Race]:
    """In order of the peers' names."""
    yield from _grad_cam()
    yield from _lime()
    yield from _quantus()
    yield from _saliency()
    yield from _shapley()
    yield from _zennit()


def _grad_cam() -> Iterator[Race]:
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    for name, layer in LAYERS.items():
        net, x = network(name), seeded(1, SIDES[name])

        def theirs(net: nn.Module = net, x: Tensor = x, layer: str = layer) -> Tensor:
            with GradCAM(net, [net.get_submodule(layer)]) as peer:
                return torch.from_numpy(peer(x.clone().requires_grad_(), [ClassifierOutputTarget(TARGET)]))

        def ours(net: nn.Module = net, x: Tensor = x, layer: str = layer) -> Tensor:
            ex = xaiplug.explain(net, x, "grad-cam", target=TARGET, layer=layer, relu=True, progress=False)
            cam = ex.attribution.view(1, 1, *ex.meta["grid"])
            return _spread(interpolate(_spread(cam), tuple(x.shape[2:]), mode="bilinear"))[:, 0]

        yield Race("grad-cam, drawn on the image", name, 1, "grad-cam", ours, {"": theirs}, tolerance=1e-3)


def _spread(values: Tensor) -> Tensor:
    """To [0,1], as the peer does."""
    return (values - values.amin()) / (1e-7 + (values - values.amin()).amax())


def _lime() -> Iterator[Race]:
    from lime.lime_image import LimeImageExplainer

    net, x, labels = network("small CNN"), seeded(1, 64), cells(64, 4, 4)
    pixels = x[0].permute(1, 2, 0).double().numpy()

    def answers(rows: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.from_numpy(rows).permute(0, 3, 1, 2).float()).numpy()

    def theirs(size: int) -> Tensor:
        found = LimeImageExplainer(random_state=0).explain_instance(
            *(pixels, answers), labels=(TARGET,), top_labels=None, hide_color=0, num_features=16, num_samples=300,
            batch_size=size, segmentation_fn=lambda image: labels[0].numpy(),
        )  # fmt: skip
        return torch.tensor([[slope for _, slope in sorted(found.local_exp[TARGET])]])

    ours = partial(explained, net, x, "lime", segmenter=labels, samples=300)
    sizes = {f"batch_size={size}": partial(theirs, size) for size in (8, 16, 64)}
    yield Race("lime, 300 x 16 groups", "small CNN", 1, "lime", ours, sizes)


def _quantus() -> Iterator[Race]:
    from quantus import RelevanceMassAccuracy, Sparseness

    net, x = network("small CNN"), seeded(8, 64)
    found = xaiplug.explain(net, x, "gradient", target=TARGET, progress=False)
    shown = found.attribution.sum(1, keepdim=True).numpy()
    inside = torch.zeros(8, 64, 64, dtype=torch.bool)
    inside[:, 16:48, 16:48] = True
    given = {"model": net, "x_batch": x.numpy(), "y_batch": np.full(8, TARGET), "a_batch": shown}
    plain = {"disable_warnings": True, "normalise": False, "display_progressbar": False}

    def scored(metric: str, **options: object) -> Tensor:
        return xaiplug.score(net, x, found, metric, **options).values

    sparse, mass = Sparseness(abs=True, **plain), RelevanceMassAccuracy(abs=True, **plain)
    yield Race(
        *("sparseness", "small CNN", 8, "quantus"),
        partial(scored, "gini"),
        {"": lambda: torch.tensor(sparse(**given))},
    )
    yield Race(
        *("relevance mass", "small CNN", 8, "quantus"),
        partial(scored, "relevance-mass", relevant=inside),
        {"": lambda: torch.tensor(mass(**given, s_batch=inside[:, None].numpy()))},
    )


def _saliency() -> Iterator[Race]:
    from saliency.core import INPUT_OUTPUT_GRADIENTS, GradientSaliency

    for name, side in SIDES.items():
        net, x = network(name), seeded(1, side)

        def gradients(rows: np.ndarray, *_: object, net: nn.Module = net, **__: object) -> dict[str, np.ndarray]:
            at = torch.from_numpy(np.asarray(rows)).permute(0, 3, 1, 2).float().requires_grad_()
            (found,) = torch.autograd.grad(net(at)[:, TARGET].sum(), at)
            return {INPUT_OUTPUT_GRADIENTS: found.permute(0, 2, 3, 1).numpy()}

        def theirs(x: Tensor = x, gradients: object = gradients) -> Tensor:
            pixels = x[0].permute(1, 2, 0).numpy()
            return torch.from_numpy(GradientSaliency().GetMask(pixels, gradients)).permute(2, 0, 1)[None]

        yield Race("gradient", name, 1, "saliency", partial(explained, net, x, "gradient"), {"": theirs})


def _shapley() -> Iterator[Race]:
    import shap
    import shapiq

    net, x, labels = network("small CNN"), seeded(1, 64), cells(64, 4, 2)
    ours = partial(explained, net, x, "kernel-shap", segmenter=labels, samples=ALL)
    bare = bare_forwards(net, x, ALL + 1)
    work = f"kernel-shap, all {ALL} coalitions"

    def answers(rows: np.ndarray, size: int) -> np.ndarray:
        keep = torch.from_numpy(np.asarray(rows)).bool()[:, labels[0]][:, None]
        with torch.no_grad():
            parts = [net(torch.where(part, x, 0.0))[:, TARGET] for part in keep.split(size)]
        return torch.cat(parts).double().numpy()

    def by_shap(size: int) -> Tensor:
        explainer = shap.KernelExplainer(lambda rows: answers(rows, size), np.zeros((1, PLAYERS)))
        values = explainer.shap_values(np.ones((1, PLAYERS)), nsamples=ALL - 2, silent=True, l1_reg=0)
        return torch.from_numpy(np.asarray(values)).view(1, PLAYERS)

    def by_shapiq(size: int) -> Tensor:
        found = shapiq.KernelSHAP(n=PLAYERS, random_state=0).approximate(ALL, lambda rows: answers(rows, size))
        return torch.tensor([[found[(player,)] for player in range(PLAYERS)]])

    for peer, way in (("shap", by_shap), ("shapiq", by_shapiq)):
        sizes = {f"rows at a time={size}": partial(way, size) for size in (8, 16, 64)}
        yield Race(work, "small CNN", 1, peer, ours, sizes, bare)


def _zennit() -> Iterator[Race]:
    from zennit.attribution import Gradient
    from zennit.composites import EpsilonPlusFlat

    for images in (1, 8):
        net, x = network("small CNN"), seeded(images, 64)

        def theirs(net: nn.Module = net, x: Tensor = x) -> Tensor:
            with Gradient(net, EpsilonPlusFlat()) as attributor:
                at = x.clone().requires_grad_()
                return attributor(at, lambda out: out * torch.eye(10)[TARGET])[1].detach()

        yield Race(
            "lrp, epsilon-plus-flat", "small CNN", images, "zennit", partial(explained, net, x, "lrp"), {"": theirs}
        )
