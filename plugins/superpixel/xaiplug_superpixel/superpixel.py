"""Super-pixel maps (BMVC 2024)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from torch import Tensor

from xaiplug import Explainer, Explanation, Query, Segmenter, Use, use
from xaiplug.errors import ComponentError
from xaiplug_superpixel.grouped import GroupedQuery
from xaiplug_superpixel.ops import group_means

_KEPT = {"implementation-invariance", "linearity"}
"""Axioms that a mean over groups keeps; of completeness, features in no group lose their part."""


class SuperPixel(Explainer):
    """Another explainer's map, averaged over super-pixels.

    κ(x) · base(x): every position gets the mean of the base map over its group (Sec. 3.2), signed.

    For inputs x (B,*shape) the result is shaped as the base map ((B,*shape), or (B,1,H,W) of a spatial or group map),
    in the units of the base. The paper prints Aᵀ∇_g; the shapes want A ∇_g f(x + A W g) at g = 0, and that is κ∇f.
    Features in no group get 0. κ keeps the sum over every group, so that a complete map stays complete where all
    features are in groups; a `residual` of the base is brought up to date.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(4, 1)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[1.0, 3, -2, 5]]))
    >>> xaiplug.explain(net, torch.ones(1, 4), "superpixel", segmenter=torch.tensor([[0, 0, 1, 1]])).attribution
    tensor([[2.0000, 2.0000, 1.5000, 1.5000]])

    Raises:
        ComponentError: `where="gradient"` or `smoothgrad="dynamic"` around a base that asks for no gradients.
    """

    reads_only = True

    default_scale = "probability"

    base: Use[Explainer] = use("gradient")
    """The explainer whose map is averaged; the paper's are gradient, integrated-gradients, smoothgrad and
    sparsified-smoothgrad."""
    channel_mode: Literal["per_channel", "joint"] = "per_channel"
    """A mean for each channel of a group, or one mean for all of them."""
    where: Literal["map", "gradient", "abs-base"] = "map"
    """What is averaged: the base map (the theory's; keeps the sum), every gradient inside the base (of
    integrated-gradients it breaks completeness; of sparsified-smoothgrad the top share is then one of groups), or the
    absolute base map (for the ablation)."""
    smoothgrad: Literal["static", "dynamic"] = "static"
    """One partition for all noisy copies of a base such as smoothgrad; or a new one, by `segmenter`, at every point
    where the base takes a gradient: one segmentation a copy, which is slow."""
    segmenter: Use[Segmenter] | None = None
    """Cuts the noisy copies; only for smoothgrad="dynamic"."""

    def __post_init__(self) -> None:
        if (self.smoothgrad == "dynamic") != (self.segmenter is not None):
            raise ComponentError(
                "superpixel: smoothgrad='dynamic' cuts every noisy copy anew and needs a segmenter of its own, as "
                "segmenter='slic'; smoothgrad='static' takes the query's segmentation instead"
            )
        if self.smoothgrad == "dynamic" and self.where != "map":
            raise ComponentError("superpixel: smoothgrad='dynamic' averages gradients; leave where='map'")

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        own = () if self.smoothgrad == "dynamic" else ("groups",)
        return tuple(dict.fromkeys((*own, *self.base.needs)))

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        kept = {"implementation-invariance"} if self.where == "abs-base" else _KEPT
        return tuple(claim for claim in self.base.claims if claim in kept)

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return self.base.signed and self.where != "abs-base"

    @property
    def asks_first(self) -> bool:  # type: ignore[override]
        return self.base.asks_first

    @property
    def min_groups(self) -> int:  # type: ignore[override]
        return self.base.min_groups

    def explain(self, query: Query) -> Explanation:
        if self.where == "gradient" or self.smoothgrad == "dynamic":
            return self._inside(query)
        answer = _answer(self.base, query)
        values = answer.on_inputs(tuple(query.inputs.shape[1:]))
        values = values.abs() if self.where == "abs-base" else values
        means = group_means(values, query.require("groups").labels, joint=self.channel_mode == "joint")
        return _with_values(answer, means)

    def _inside(self, query: Query) -> Explanation:
        joint = self.channel_mode == "joint"
        grouped = GroupedQuery.of(query, joint=joint, segmenter=self.segmenter)
        answer = _answer(self.base, grouped)
        if not grouped.asked:
            name = self.base.origin.name if self.base.origin else type(self.base).__name__
            raise ComponentError(
                f"superpixel: '{name}' asks the query for no gradients, so there are none to average; use where='map'"
            )
        return _with_values(answer, answer.on_inputs(tuple(query.inputs.shape[1:])))


def _answer(base: Explainer, query: Query) -> Explanation:
    answer = base.explain(query)
    given = Explanation(answer) if isinstance(answer, Tensor) else answer
    if given.attribution.shape == query.inputs.shape:  # checked at the door; here only its level is wanted
        return given.replace(level="input")
    return given.validate(query).replace(groups=given.groups or query.groups)


def _with_values(answer: Explanation, values: Tensor) -> Explanation:
    """The base's answer with another map: what the base said of sets and orders is not said of it."""
    residual = answer.residual
    if residual is not None:
        residual = residual + answer.attribution.flatten(1).nansum(1) - values.flatten(1).sum(1)
    return answer.replace(attribution=values, level=None, groups=None, sets=None, order=None, residual=residual)
