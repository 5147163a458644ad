"""For within_groups.yaml: a base map as it is, that knows the groups it would be averaged over."""

from collections.abc import Collection

from torch import Tensor

from xaiplug import Explainer, Explanation, Query, Spec, Use, hookimpl, use


class Ungrouped(Explainer):
    """The base map; the groups of the query go along with it, for metrics that look inside them."""

    default_scale = "probability"

    base: Use[Explainer] = use("gradient")

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return tuple(dict.fromkeys(("groups", *self.base.needs)))

    def explain(self, query: Query) -> Tensor | Explanation:
        return self.base.explain(query)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [Spec("ungrouped", Ungrouped, "A base map with its groups, not averaged.")]
