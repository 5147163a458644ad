"""Whether a map says anything of the class that is explained (Sixt et al., 2020)."""

from __future__ import annotations

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.errors import ComponentError
from xaiplug_stability.likeness import Likeness, alike


class RandomLogit(Metric):
    """Likeness of the map to the explainer's map of another class, drawn for each sample; lower is better.

    Random logit test (Sixt et al., 2020, who compare by SSIM; `similarity: ssim`). 1 for an explainer that does not
    look at the class.

    Raises:
        ComponentError: a model with one output.
    """

    needs = ("explainer",)
    reads_only = True

    similarity: Likeness = "rank"
    """Rank correlation, of magnitudes, or SSIM of images."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        classes = query.logits.shape[1]
        if classes < 2:
            raise ComponentError(f"random-logit: model '{query.model.name}' has one output, and no other class")
        further = 1 + query.randint(classes - 1).to(query.target.index.device)
        other = query.explain(target=(query.target.index + further) % classes)
        values = alike(explanation, other, tuple(query.inputs.shape[1:]), self.similarity)
        return MetricResult(values, better="lower")
