"""Networks that other libraries fall over: in-place and reused modules, NaN, other memory, other answers."""

from __future__ import annotations

import torch

from xaiplug.errors import XaiplugError
from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.batches import amplification
from xaiplug.testing.explainer.scenes import attempt, main_scene, reference
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.compare import rounded, same
from xaiplug.testing.shared.layouts import channels_last, spread
from xaiplug.testing.shared.scenes import network_of
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.wrapped import Awkward, Poisoned


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


@check("memory-layout")
def memory_layout(explainer: Explainer) -> Measured:
    """How tensors and weights lie in memory (channels last, with gaps) changes nothing."""
    made, answered = reference(explainer)

    def compare() -> Measured:
        layouts = {"with gaps in memory": spread(made)}
        if made.inputs.ndim == 4:
            layouts["channels last"] = channels_last(made)
        found = [
            same(other.answer(explainer).attribution, answered.attribution, 1e-5, f"another map {how}")
            for how, other in layouts.items()
        ]
        return max(found, key=lambda one: one.error or 0.0)

    return rounded(compare, lambda: amplification(explainer, torch.float32))


@check("awkward-networks")
def awkward_networks(explainer: Explainer) -> Measured:
    """Logits in double precision or of another number of classes, no gradient: the map of the network, or a refusal."""
    made, answered = reference(explainer)
    refused = []
    for kind in Awkward.KINDS:
        try:
            got = made.replace(network=Awkward(made.network, kind)).answer(explainer).attribution
        except XaiplugError:
            refused.append(kind)
            continue
        except Exception as error:
            raise Violation(f"{kind}: unclear: {type(error).__name__}: {error}; expected a ModelError") from error
        if got.dtype != made.inputs.dtype:
            raise Violation(f"{kind}: a map in {got.dtype}")
        rounded(
            lambda: same(got, answered.attribution, 1e-5, f"another map, {kind}"),  # noqa: B023
            lambda: amplification(explainer, torch.float32),
        )
    return Measured(detail=f"refuses {', '.join(refused) or 'none'}")


CHECKS = (inplace_relu, reused_relu, model_nan, memory_layout, awkward_networks)
