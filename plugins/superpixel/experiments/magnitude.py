"""For the run files on fidelity: what the paper's figures show of a map, |I(x)| summed over channels."""

from collections.abc import Collection

from torch import Tensor

from xaiplug import Explainer, Query, Spec, Use, hookimpl, use


class Magnitude(Explainer):
    """Σ_c |base(x)| (B,1,H,W): the mean over groups is signed, its magnitude comes last."""

    default_scale = "probability"
    signed = False

    base: Use[Explainer] = use("gradient")

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return self.base.needs

    def explain(self, query: Query) -> Tensor:
        answer = self.base.explain(query)
        values = answer if isinstance(answer, Tensor) else answer.attribution
        return values.abs().sum(1, keepdim=True)


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [Spec("magnitude", Magnitude, "A base map's magnitude, summed over channels.")]
