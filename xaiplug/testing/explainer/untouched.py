"""Nothing of the user's is changed: model, hooks, inputs, random state, gradient mode.

These call the component without the framework's guard, which would put things right and hide the violation.
"""

from __future__ import annotations

from contextlib import nullcontext
from copy import deepcopy

import torch

from xaiplug.errors import XaiplugError
from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import main_scene, reference, unguarded
from xaiplug.testing.shared.compare import same
from xaiplug.testing.shared.scenes import Scene
from xaiplug.testing.shared.types import Measured, Violation, check
from xaiplug.testing.shared.untouched import (
    compare_states,
    flags,
    hooks,
    no_more,
    only_read,
    state,
    tensors_of,
    unchanged,
    untouched_by,
)
from xaiplug.testing.shared.wrapped import Fuse


@check("model-untouched")
def model_untouched(explainer: Explainer) -> None:
    """Parameters, buffers, gradients and flags are as before, bit for bit; with `reads_only`, all the time."""
    query = main_scene(explainer).fresh().ask(explainer)
    network = query.model.network
    before = state(network)
    with only_read(network) if explainer.only_reads() else nullcontext():
        unguarded(explainer, query)
    compare_states(before, state(network))


@check("hooks-removed")
def hooks_removed(explainer: Explainer) -> None:
    """No hook stays behind."""
    query = main_scene(explainer).fresh().ask(explainer)
    before = hooks(query.model.module)
    unguarded(explainer, query)
    no_more(before, hooks(query.model.module), "left behind")


@check("hooks-removed-on-error")
def hooks_removed_on_error(explainer: Explainer) -> Measured:
    """No hook and no changed flag stays behind when the model raises half-way, and the error comes through."""
    made = main_scene(explainer)
    blown = 0
    for allowed in (0, 1, 2):
        fused = Fuse(deepcopy(made.network), allowed)
        query = made.replace(network=fused).ask(explainer)
        before, flagged = hooks(query.model.module), flags(query.model.network)
        fused.armed = True
        try:
            unguarded(explainer, query)
            raised = False
        except (XaiplugError, RuntimeError):
            raised = True
        no_more(before, hooks(query.model.module), "left behind when the model raised")
        compare_states(flagged, flags(query.model.network))
        if fused.blown and not raised:
            raise Violation("the model raised and the explainer went on as if nothing had happened")
        blown += fused.blown
    return Measured(detail=f"model raised in {blown} of 3 runs")


@check("inputs-untouched")
def inputs_untouched(explainer: Explainer) -> None:
    """The tensors of the query are as before: values, requires_grad, no gradient."""
    query = main_scene(explainer).fresh().ask(explainer)
    unchanged(tensors_of(query), lambda: unguarded(explainer, query))


@check("global-rng-untouched")
def global_rng_untouched(explainer: Explainer) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    query = main_scene(explainer).fresh().ask(explainer)
    untouched_by(lambda: unguarded(explainer, query))


@check("gradient-mode")
def gradient_mode(explainer: Explainer) -> Measured:
    """A caller under no_grad or inference_mode gets the same map, and gradient mode is left as it was."""
    made, answered = reference(explainer)
    query = made.fresh().ask(explainer)
    with torch.enable_grad():
        explainer.explain(query)
        if not torch.is_grad_enabled():
            raise Violation("switched gradients off for the caller")
    error = 0.0
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            got = _inside(made).answer(explainer).attribution
        error = max(
            error,
            same(got.clone(), answered.attribution, 1e-5, f"another map under torch.{mode.__name__}").error or 0.0,
        )
    return Measured(error, 1e-5)


def _inside(made: Scene) -> Scene:
    """The scene's tensors made anew, in whatever mode the caller is in."""
    return made.replace(
        inputs=made.inputs.clone(),
        labels=made.labels.clone(),
        baseline=made.baseline.clone(),
        references=made.references.clone(),
    )


CHECKS = (
    model_untouched,
    hooks_removed,
    hooks_removed_on_error,
    inputs_untouched,
    global_rng_untouched,
    gradient_mode,
)
