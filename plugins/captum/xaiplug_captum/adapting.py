"""How captum is asked: scores of the query's target, its baselines and groups, draws that belong to a sample."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

import captum.attr
import torch
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import Tensor, nn

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug.data.groups import grid_of, on_grid
from xaiplug.errors import ComponentError, ModelError, ShapeError, XaiplugError, one_line
from xaiplug.model.catching import outputs_of
from xaiplug.model.maps import MapLayer, map_layer
from xaiplug.model.passes import is_out_of_memory, seeded_rng
from xaiplug.model.pixels import Normalise

_DRAWS = {
    "DeepLiftShap", "FeaturePermutation", "GradientShap", "KernelShap", "LayerDeepLiftShap", "LayerGradientShap",
    "Lime", "NoiseTunnel", "ShapleyValueSampling",
}  # fmt: skip
"""Classes with draws, or with a distribution of baselines: asked sample by sample."""
DISTRIBUTIONS = {"DeepLiftShap", "GradientShap", "LayerDeepLiftShap", "LayerGradientShap"}
"""Classes that take several baselines at once, the references."""
RULES = {"DeepLift", "DeepLiftShap", "LayerDeepLift", "LayerDeepLiftShap", "LRP"}
"""Classes with a rule for each module: what stands between logit and score would have none."""
_COMPLETE = {"IntegratedGradients", "DeepLift", "DeepLiftShap", "GradientShap", "ShapleyValueSampling", "KernelShap"}
"""Input methods that say to sum to the change of the score: the result tells by how much they miss it."""


class Scores(nn.Module):
    """The network with the query's score as its only output: (R,) of x (R,*shape) for samples rows (R,)."""

    def __init__(self, query: Query, network: nn.Module, groups: Tensor | None = None) -> None:
        super().__init__()
        self.network, self._ask, self._groups = network, query, groups

    def forward(self, x: Tensor, rows: Tensor) -> Tensor:
        if self._groups is not None:  # features in no group stay, whatever captum does with them
            outside = on_grid(self._groups[rows] < 0, tuple(x.shape[1:]))
            x = torch.where(outside, self._ask.inputs[rows], x)
        return self._ask.target.score(self.network(x), rows, self._ask.model.output)


class Captum(Explainer):
    """One of captum's classes, asked as captum is asked."""

    wraps: ClassVar[str] = ""
    of_init: ClassVar[tuple[str, ...]] = ()
    of_call: ClassVar[tuple[str, ...]] = ()

    def explain(self, query: Query) -> Explanation:
        if self.wraps in RULES and query.target.scale != "logit":
            raise ComponentError(f"captum's {self.wraps} has rules for modules alone: scale='logit'")
        layer = self._layer(query)
        together = self.wraps in _DRAWS or "groups" in self.needs or layer is not None
        parts = torch.arange(len(query), device=query.inputs.device).split(1 if together else self._rows(query))
        maps = torch.cat([self._asked(query, rows, layer) for rows in parts]).to(query.inputs.dtype).detach()
        if layer is not None and self.wraps != "GuidedGradCam":
            size = tuple(query.inputs.shape[2:])
            groups = FeatureGroups.of_cells(len(query), tuple(maps.shape[1:]), size, maps.device)
            return Explanation(maps.flatten(1), "group", groups=groups, meta=layer.meta())
        answer = Explanation(maps, "input")
        if "groups" in self.needs and query.groups is not None:
            answer = Explanation(query.groups.mean(maps), "group", groups=query.groups)
        return self._told(query, answer)

    def _told(self, query: Query, answer: Explanation) -> Explanation:
        """With how far the sum is from what the class says that it sums to."""
        if self.wraps not in _COMPLETE or not getattr(self, "multiply_by_inputs", True):
            return answer
        others = query.require("references" if self.wraps in DISTRIBUTIONS else "baseline")
        ends = torch.stack([query.score(other) for other in others]).mean(0)
        total = answer.attribution.flatten(1).nansum(1)
        return answer.replace(base_score=ends, residual=query.scores - ends - total)

    @staticmethod
    def _rows(query: Query) -> int:
        return query.max_batch if isinstance(query.max_batch, int) else 8

    def _layer(self, query: Query) -> MapLayer | None:
        if not hasattr(self, "layer"):
            return None
        if query.inputs.ndim != 4:
            raise ShapeError(
                f"captum's {self.wraps} reads a layer's maps: images (B,C,H,W), got {tuple(query.inputs.shape)}"
            )
        layer = map_layer(query.model, query.inputs[:1], self.layer)
        if self.wraps in ("LayerGradCam", "GuidedGradCam") and layer.places.axes != (0, 1, 2, 3):
            raise ModelError(
                f"captum's {self.wraps} reads (B,D,h,w), and layer '{layer.name}' of model '{query.model.name}' has "
                "its channels elsewhere; use grad-cam, which reads tokens too"
            )
        return layer

    def _asked(self, query: Query, rows: Tensor, layer: MapLayer | None) -> Tensor:
        """Maps of samples rows, (R,*shape) or (R,h,w)."""
        with warnings.catch_warnings(), seeded_rng(int(query.seeds[rows[0]])):
            warnings.simplefilter("ignore")
            try:
                if self.wraps in DISTRIBUTIONS:
                    return self._attributed(query, rows, layer, query.require("references")[:, rows[0]])
                if "baseline" not in self.needs:
                    return self._attributed(query, rows, layer)
                baselines = query.require("baseline")[:, rows]
                return torch.stack([self._attributed(query, rows, layer, one) for one in baselines]).mean(0)
            except XaiplugError:
                raise
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                raise ModelError(
                    f"captum's {self.wraps} does not take model '{query.model.name}' and inputs "
                    f"{tuple(query.inputs.shape)}: {one_line(error):.300}"
                ) from error

    def _attributed(self, query: Query, rows: Tensor, layer: MapLayer | None, baseline: Tensor | None = None) -> Tensor:
        grouped = query.groups.labels if "groups" in self.needs and query.groups is not None else None
        relevance = self.wraps == "LRP"
        if relevance and query.model.reads is not None:
            raise ModelError(
                f"captum's LRP explains the classes of model '{query.model.name}', not what is read of its output "
                "(reads=); use 'lrp' or a gradient method"
            )
        scores = Scores(query, query.model.network if relevance else query.model.module, grouped)
        given = {name: getattr(self, name) for name in self.of_call}
        x, whose = query.inputs[rows].clone().requires_grad_(layer is not None), rows
        if baseline is not None:
            given["layer_baselines" if self.wraps == "LayerFeatureAblation" else "baselines"] = baseline
        if grouped is not None:
            given["feature_mask"] = _mask(grouped[rows], x)
        if self.wraps == "FeaturePermutation":
            x = torch.cat([x, query.require("references")[:, rows[0]]])
            whose, given["feature_mask"] = rows.expand(len(x)), given["feature_mask"]
        if self.wraps == "Occlusion":
            given |= self._window(x)
        if self.wraps == "LayerFeatureAblation":
            assert layer is not None
            given |= self._without_places(query, rows, layer, baseline)
        if relevance:  # captum has no rule for what stands around a network: it starts behind the normalisation
            for module in query.model.module.children():
                x = module(x) if isinstance(module, Normalise) else x
        with _ruled(scores) if relevance else nullcontext():
            found = self._made(scores, layer).attribute(x, additional_forward_args=(whose,), **given)[: len(rows)]
        return found if layer is None or self.wraps == "GuidedGradCam" else self._places(found, layer)

    def _made(self, scores: Scores, layer: MapLayer | None) -> Any:
        made = {name: getattr(self, name) for name in self.of_init}
        if self.wraps == "NoiseTunnel":
            inner = getattr(captum.attr, self.method)(scores)  # type: ignore[attr-defined]
            return _Tunnel(inner)
        where = () if layer is None else (layer.module,)
        return getattr(captum.attr, self.wraps)(scores, *where, **made)

    def _window(self, x: Tensor) -> dict[str, Any]:
        side = self.window  # type: ignore[attr-defined]
        step = self.stride or max(1, side // 2)  # type: ignore[attr-defined]
        grid = [min(side, size) for size in grid_of(tuple(x.shape[1:]))]
        if x.ndim == 4:
            return {"sliding_window_shapes": (x.shape[1], *grid), "strides": (x.shape[1], step, step)}
        if x.ndim == 3:
            return {"sliding_window_shapes": (*grid, x.shape[2]), "strides": (step, x.shape[2])}
        return {"sliding_window_shapes": tuple(grid), "strides": (step,)}

    def _without_places(self, query: Query, rows: Tensor, layer: MapLayer, baseline: Tensor | None) -> dict[str, Any]:
        """The places of the layer as features, and what it gives of the baseline as what stands for absence."""
        with torch.no_grad(), outputs_of(layer.module) as caught:
            query.model(query.inputs[rows] if baseline is None else baseline)
        values = caught[-1].detach()
        cells = torch.zeros_like(layer.places.maps(values)[:, 0], dtype=torch.int64)
        cells[:] = torch.arange(cells[0].numel(), device=cells.device).view(cells.shape[1:]) + 1
        mask = torch.zeros(values.shape, dtype=torch.int64, device=values.device)
        layer.places.maps(mask)[:] = cells[:, None]
        return {"layer_mask": mask[:1], "layer_baselines": values}

    def _places(self, found: Tensor, layer: MapLayer) -> Tensor:
        """(R,h,w) of what captum gives for a layer, summed over its channels; equal in all of them after ablation."""
        if self.wraps == "LayerGradCam":
            return found[:, 0]
        maps = layer.places.maps(found)
        return maps.mean(1) if self.wraps == "LayerFeatureAblation" else maps.sum(1)


@contextmanager
def _ruled(scores: nn.Module) -> Iterator[None]:
    """captum's LRP asks a rule of every module, and has none for flattening: its epsilon rule passes all on."""
    given = [module for module in scores.modules() if isinstance(module, nn.Flatten)]
    try:
        for module in given:
            module.rule = EpsilonRule()  # type: ignore[assignment]
        yield
    finally:
        for module in given:
            vars(module).pop("rule", None)  # captum takes those away that it has come to


class _Tunnel:
    """captum's NoiseTunnel around a method, the gradient with its sign."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def attribute(self, x: Tensor, **given: Any) -> Tensor:
        signed = {"abs": False} if isinstance(self._inner, captum.attr.Saliency) else {}
        maps: Tensor = captum.attr.NoiseTunnel(self._inner).attribute(x, **given, **signed)
        return maps


def _mask(labels: Tensor, x: Tensor) -> Tensor:
    """Group numbers (1,*shape) from 0 without gaps; what is in no group is one more, which `Scores` holds in place."""
    numbered = torch.where(labels < 0, labels.max() + 1, labels)
    return on_grid(numbered, tuple(x.shape[1:])).expand_as(x)[:1].contiguous()
