"""Layer-wise relevance propagation (Bach et al., 2015), over what a network computes."""

from __future__ import annotations

import warnings
from typing import Annotated, Literal

import torch
from annotated_types import Gt
from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug.errors import ModelError, XaiplugError
from xaiplug.model.following import strayed
from xaiplug.model.passes import is_out_of_memory
from xaiplug_classic import lrp_rules
from xaiplug_classic.relevance import KNOWN, Rules, relevance
from xaiplug_classic.tape import Tape


class Lrp(Explainer):
    """Relevance passed down from operation to operation.

    R (B,*shape) of the pixels, from R = z ∂f/∂z at the logits z (Bach et al., 2015).

    The operations are seen as the forward makes them, so that functions, modules of any name, in-place and reused
    layers, concatenations and skip connections are right. A batch norm, or a scale or shift of channels by constants (a
    frozen norm), is merged into the convolution or linear layer whose output it alone reads; elsewhere it passes
    relevance as it is, and so do other scales and shifts by constants (the normalisation of the pixels), as each of
    their outputs reads one input. Of a network in 16 bits, the rules compute in 32. With the logit as score, R starts
    at the logit of the target and is kept from layer to layer, but for what biases and ε take: `residual` (B,) is
    f - ΣR. Where that is more than a tenth of f, a warning says so. Units of the score.

    Raises:
        ModelError: an operation that has no rule, by name (Hardswish, SiLU, GELU, layer norm, attention, products of
        two maps), or a forward that gives other logits when it is followed.
    """

    asks_first = False

    rules: Literal["epsilon-plus-flat", "epsilon-gamma-box", "epsilon-plus", "epsilon-alpha2-beta1"] = (
        "epsilon-plus-flat"
    )
    """ε in dense layers, the rule named next in convolutions (z⁺, γ = 1/4, α = 2 and β = 1), the last one where the
    pixels are read (even, or between the ends of the input range)."""
    epsilon: Annotated[float, Gt(0)] = 1e-6
    """Stabiliser of the ε rule."""
    canonize: Literal["auto", "none"] = "auto"
    """Whether batch norms, and scales and shifts like them, are merged."""

    def explain(self, query: Query) -> Explanation:
        found = query.in_passes(lambda part: self._passed(query, part), len(query), "lrp")
        residual = query.scores - found.flatten(1).sum(1)
        lost = residual.abs() > 0.1 * query.scores.abs()
        if bool(lost.any()):
            rows = ", ".join(map(str, lost.nonzero().flatten().tolist()))
            warnings.warn(
                f"lrp: relevance is not conserved for sample {rows} (|f - ΣR| > |f|/10): biases take much of it",
                stacklevel=2,
            )
        return Explanation(found, base_score=torch.zeros_like(query.scores), residual=residual)

    def _passed(self, query: Query, part: slice) -> Tensor:
        """Relevance (R,*shape) of the samples `part`."""
        tape = Tape(query.inputs[part].clone(), KNOWN, query.model.name)
        logits = self._recorded(query, tape, part)
        with torch.enable_grad():
            at = logits.detach().requires_grad_()
            score = query.saw(part, logits).score(at, output=query.model.output)
            (slope,) = torch.autograd.grad(score.sum(), at)
        _, hidden, *first = self.rules.replace("alpha2-beta1", "alpha2_beta1").split("-")
        chosen = Rules(
            dense=lambda layer, r: lrp_rules.epsilon(layer, r, self.epsilon),
            hidden=getattr(lrp_rules, hidden),
            first=getattr(lrp_rules, first[0]) if first else None,
            merge=self.canonize == "auto",
            ends=query.model.input_range or (0.0, 1.0),
        )
        return relevance(tape, logits, logits.detach() * slope, chosen)

    @staticmethod
    def _recorded(query: Query, tape: Tape, part: slice) -> Tensor:
        """The logits (R,K) at the end of a recording."""
        name = query.model.name
        try:
            with torch.enable_grad(), tape:
                logits = tape.now(query.model.module(tape.pixels))
        except XaiplugError:
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(f"lrp cannot follow model '{name}': {type(error).__name__}: {error}") from error
        if not tape.holds(logits):
            raise ModelError(
                f"lrp cannot follow model '{name}': its logits come from something that torch does not show (scripted "
                "code, an autograd function of its own, data taken out of the graph); use integrated-gradients"
            )
        if apart := strayed(query, part, logits, "lrp"):
            raise ModelError(
                f"lrp cannot follow model '{name}': its logits move by {apart:.2g} when every operation gives a new "
                "tensor, so it writes to values in a way that is not seen (into a view, or at random); use "
                "integrated-gradients"
            )
        found: Tensor = logits
        return found
