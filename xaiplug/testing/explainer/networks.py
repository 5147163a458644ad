"""Networks that other libraries fall over: in-place and reused modules, NaN."""

from __future__ import annotations

import torch

from xaiplug.errors import XaiplugError
from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import attempt, main_scene, reference
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.compare import same
from xaiplug.testing.shared.scenes import network_of
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.wrapped import Poisoned


@check("inplace-relu")
def inplace_relu(explainer: Explainer) -> Measured:
    """In-place ReLUs give the map of ordinary ones, or a clear refusal."""
    return _same_function(explainer, "in-place ReLU", inplace=True)


@check("reused-relu")
def reused_relu(explainer: Explainer) -> Measured:
    """One ReLU module used in several places gives the map of several, or a clear refusal."""
    return _same_function(explainer, "a reused ReLU", reuse=True)


def _same_function(explainer: Explainer, what: str, **options: bool) -> Measured:
    made, answered = reference(explainer)
    if made.kind == "tokens" or (made.kind == "plain-images" and "reuse" in options):
        raise Skip(f"the network of '{made.kind}' has no {what.removeprefix('a ')}")
    other = made.replace(network=network_of(made.kind, **options))
    got = attempt(lambda: other.answer(explainer), what).attribution
    return same(got, answered.attribution, 1e-5, f"another map with {what}")


@check("model-nan")
def model_nan(explainer: Explainer) -> Measured:
    """A model that returns NaN is a clear error, never a map."""
    made = main_scene(explainer)
    poisoned = Poisoned(made.network)
    query = made.replace(network=poisoned).ask(explainer)
    poisoned.armed = True
    try:
        answered = answer(explainer, query)
    except XaiplugError as error:
        return Measured(detail=f"{type(error).__name__}: {error}")
    except Exception as error:
        raise Violation(f"unclear: {type(error).__name__}: {error}; expected a NonFiniteError") from error
    if not poisoned.used:
        raise Skip("does not ask the model again")
    largest = float(answered.attribution[torch.isfinite(answered.attribution)].abs().max())
    raise Violation(f"the model returned NaN and a finite map came out (up to {largest:.2g})")


CHECKS = (inplace_relu, reused_relu, model_nan)
