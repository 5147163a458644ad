"""How far a map is from the plain gradient."""

from __future__ import annotations

import torch

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.errors import ComponentError


class GradientDistance(Metric):
    """Euclidean distance of a map to the plain gradient.

    ‖I(x) - ∇f(x)‖₂ over all scalars (B,), ∇f the gradient of the explained score (Gong et al., 2024, Fig. 5 right).

    0 for the gradient itself; of super-pixel gradients it grows with the size of the groups, as that of SmoothGrad maps
    grows with σ. In units of the gradient; neither small nor large is better. Of a super-pixel map κ∇f the square is
    ‖∇f‖² - ‖κ∇f‖².

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(4, 1)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[1.0, 3, -2, 5]]))
    >>> x, cells = torch.ones(1, 4), torch.tensor([[0, 0, 1, 1]])
    >>> xaiplug.score(net, x, xaiplug.explain(net, x, "superpixel", segmenter=cells), "gradient-distance").values ** 2
    tensor([26.5000])

    Raises:
        ComponentError: a map with one value a position of inputs with several channels (or dimensions).
    """

    reads_only = True
    relative: bool = False
    """In units of ‖∇f(x)‖₂; NaN where that is 0."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = explanation.on_inputs(tuple(query.inputs.shape[1:]))
        if values.shape != query.inputs.shape:
            raise ComponentError(
                f"gradient-distance compares with a gradient {tuple(query.inputs.shape)}, and the map is "
                f"{tuple(values.shape)}; it has no channels"
            )
        gradient = query.gradient(query.inputs)
        distance, length = ((values - gradient).flatten(1).norm(dim=1), gradient.flatten(1).norm(dim=1))
        return MetricResult(distance / length.where(length > 0, torch.nan) if self.relative else distance)
