"""Softmax information curves as the IG² paper measures them (Zhuo and Ge, 2024, Sec. 6.2)."""

from __future__ import annotations

from xaiplug import Explanation, MetricResult, Query
from xaiplug_faithfulness.curves import Deletion, Insertion


class SicAdd(Insertion):
    """Area under the probability as the features of largest magnitude come in; higher is better.

    The probability is that of the explained class; features are put onto a background.

    Units are ranked by the magnitude of their attribution, whatever its sign: |a| summed over the channels of a pixel,
    |Σ_D a| of a word of embeddings (B,L,D). All else is that of `insertion`; the background is what the imputer leaves
    (the paper does not name its own).

    This is no performance information curve: its axis is the share of the features (see `pic`).
    """

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        return super().measure(query, magnitudes(query, explanation))


class SicDel(Deletion):
    """Area under the probability as the features of largest magnitude go; lower is better.

    As `sic-add`; the features are replaced by the background, the strongest first.
    """

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        return super().measure(query, magnitudes(query, explanation))


def magnitudes(query: Query, explanation: Explanation) -> Explanation:
    """The explanation with |a| for a; of embeddings (B,L,D) one value a word (B,L), |Σ_D a|."""
    values = explanation.attribution
    if query.inputs.ndim == 3 and values.shape == query.inputs.shape:
        return explanation.replace(attribution=values.sum(2).abs(), level="spatial")
    return explanation.replace(attribution=values.abs())
