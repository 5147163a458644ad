"""Checks of imputers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.calling.asking import asking
from xaiplug.data.groups import on_grid
from xaiplug.data.seeds import generator
from xaiplug.errors import XaiplugError, listing
from xaiplug.kinds import NEEDS, Imputer, PixelImputer
from xaiplug.model.query import Query
from xaiplug.testing.imputer.scenes import coalitions, imputer_scene, imputers_take, removing
from xaiplug.testing.shared.asked import Removing
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.compare import TOLERANCE, same
from xaiplug.testing.shared.inputs import kinds_taken
from xaiplug.testing.shared.scenes import Scene, scene
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.spots import EQUAL, LAYOUTS, spotted
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.untouched import hooks, model_unchanged, no_more, tensors_of, unchanged, untouched_by
from xaiplug.testing.shared.wrapped import Fuse


def logits_of(imputer: Imputer, query: Query, rows: Tensor, keep: Tensor) -> Tensor:
    """What the removal gives, behind the framework's guard."""
    with asking(query.model), torch.no_grad():
        return imputer.bind(query)(rows, keep)


def _pixels(imputer: Imputer) -> str | None:
    return None if isinstance(imputer, PixelImputer) else "makes no inputs: not a PixelImputer"


@check("input-kinds")
def input_kinds(imputer: Imputer) -> Measured:
    """Images, rows and embeddings are imputed, or refused with a clear error; at least one is imputed."""
    return kinds_taken(imputers_take(imputer))


@check("logits")
def logits(imputer: Imputer) -> Measured:
    """Logits (R,K), finite, in the precision of the inputs: for all kept, none kept, and what is between."""
    for dtype in TOLERANCE:
        query = removing(imputer, imputer_scene(imputer).to(dtype))
        rows, keep = coalitions(query)
        given = logits_of(imputer, query, rows, keep)
        expected = (len(rows), query.logits.shape[1])
        if tuple(given.shape) != expected:
            raise Violation(f"gave {tuple(given.shape)}, expected {expected}")
        if given.dtype != dtype:
            raise Violation(f"{dtype} inputs gave logits {given.dtype}")
        if not bool(torch.isfinite(given).all()):
            none = ~keep.any(1)
            raise Violation(f"NaN or infinity{' where nothing is kept' if given[none].isnan().any() else ''}")
    return Measured(detail=f"{len(rows)} coalitions")


@check("all-kept")
def all_kept(imputer: Imputer) -> Measured:
    """With everything kept the model sees the input itself: bit for bit if inputs are made, to rounding if not."""
    query = removing(imputer, imputer_scene(imputer))
    assert query.groups is not None
    rows = torch.arange(len(query))
    given = logits_of(imputer, query, rows, query.groups.players)
    want = query.forward(query.inputs)
    if isinstance(imputer, PixelImputer) and not torch.equal(given, want):
        raise Violation("everything is kept and the logits are not the model's", float((given - want).abs().max()), 0.0)
    return same(given, want, TOLERANCE[torch.float32], "everything is kept and the logits are not the model's")


@check("kept-features", applies=_pixels)
def kept_features(imputer: PixelImputer) -> Measured:
    """Kept features are bit-equal, and so are features in no group; only what is removed changes."""
    query = removing(imputer, imputer_scene(imputer))
    assert query.groups is not None
    rows, keep = coalitions(query)
    positions = query.groups.keep(rows, keep)
    inputs = query.inputs[rows]
    baseline = query.baseline[0, rows] if query.baseline is not None and "baseline" in imputer.needs else None
    drawn = [generator(int(row), index) for index, row in enumerate(rows)] if imputer.stochastic else None
    with asking(query.model):
        made = imputer.impute(inputs, positions, baseline=baseline, generators=drawn)
    if made.shape != inputs.shape or made.dtype != inputs.dtype:
        raise Violation(f"made {tuple(made.shape)} {made.dtype} of {tuple(inputs.shape)} {inputs.dtype}")
    kept = on_grid(positions, tuple(inputs.shape[1:])).expand_as(inputs)
    if not torch.equal(made[kept], inputs[kept]):
        raise Violation("a feature that is kept changes", float((made[kept] - inputs[kept]).abs().max()), 0.0)
    if torch.equal(made, inputs):
        raise Violation("nothing changes, whatever is removed")
    return Measured(0.0, 0.0, "bit-equal")


@check("removed-features")
def removed_features(imputer: Imputer) -> Measured:
    """What is removed cannot be seen: another value there, the same logits."""
    if isinstance(imputer, PixelImputer) and imputer.stochastic:
        raise Skip("draws depend on the sample's content")
    made = imputer_scene(imputer)
    query = removing(imputer, made)
    assert query.groups is not None
    rows = torch.arange(len(query))
    keep = query.groups.players.clone()
    keep[:, 0] = False
    gone = ~on_grid(query.groups.keep(rows, keep), tuple(made.inputs.shape[1:])).expand_as(made.inputs)
    other = removing(imputer, made.replace(inputs=torch.where(gone, 1 - made.inputs, made.inputs)))
    if query.baseline is None:
        other = other.replace(seeds=query.seeds)
    got, want = logits_of(imputer, other, rows, keep), logits_of(imputer, query, rows, keep)
    return same(got, want, TOLERANCE[torch.float32], "the logits depend on features that are removed")


@check("batch-independent")
def batch_independent(imputer: Imputer) -> Measured:
    """Rows at once, one by one, and in another order give the same."""
    worst = 0.0
    for dtype, tolerance in TOLERANCE.items():
        query = removing(imputer, imputer_scene(imputer).to(dtype))
        rows, keep = coalitions(query)
        whole = logits_of(imputer, query, rows, keep)
        single = torch.cat([logits_of(imputer, query, rows[r : r + 1], keep[r : r + 1]) for r in range(len(rows))])
        error = same(single, whole, tolerance, f"one by one differs from all rows at once, {dtype}").error or 0.0
        order = torch.arange(len(rows)).flip(0).roll(3)
        turned = logits_of(imputer, query, rows[order], keep[order])
        same(turned, whole[order], tolerance, f"another order of the rows gives something else, {dtype}")
        worst = max(worst, error if dtype == torch.float32 else 0.0)
    return Measured(worst, TOLERANCE[torch.float32])


@check("deterministic")
def deterministic(imputer: Imputer) -> Measured:
    """The same coalition gives the same logits, whatever the global random state."""
    query = removing(imputer, imputer_scene(imputer))
    first, second = two_states(lambda: logits_of(imputer, query, *coalitions(query)))
    return same(second, first, 1e-6, "a second call gives other logits")


@check("global-rng-untouched")
def global_rng_untouched(imputer: Imputer) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    query = removing(imputer, imputer_scene(imputer).fresh())
    untouched_by(lambda: imputer.bind(query)(*coalitions(query)))


@check("inputs-untouched")
def inputs_untouched(imputer: Imputer) -> None:
    """The tensors of the query and the coalitions are as before."""
    query = removing(imputer, imputer_scene(imputer).fresh())
    rows, keep = coalitions(query)
    tensors = {**tensors_of(query), "rows": rows, "keep": keep}
    unchanged(tensors, lambda: imputer.bind(query)(rows, keep))


@check("model-untouched")
def model_untouched(imputer: Imputer) -> None:
    """Parameters, buffers, gradients, flags and hooks are as before; with `reads_only`, all the time."""
    query = removing(imputer, imputer_scene(imputer).fresh())
    model_unchanged(imputer, query, lambda: imputer.bind(query)(*coalitions(query)))


@check("hooks-removed-on-error")
def hooks_removed_on_error(imputer: Imputer) -> Measured:
    """No hook stays behind when the model raises, and the error comes through."""
    made = imputer_scene(imputer)
    if made.kind == "tokens":
        raise Skip("a network that raises is no transformer that can be taken apart")
    fused = Fuse(made.fresh().network, 0)
    query = removing(imputer, made.replace(network=fused))
    before = hooks(query.model.module)
    fused.armed = True
    try:
        imputer.bind(query)(*coalitions(query))
    except Exception:
        no_more(before, hooks(query.model.module), "left behind when the model raised")
        return Measured()
    if fused.blown:
        raise Violation("the model raised and the imputer went on as if nothing had happened")
    raise Skip("does not run the whole model")


@check("declared-needs")
def declared_needs(imputer: Imputer) -> Measured:
    """The query holds what is in `needs` and the feature groups, and that is enough."""
    unknown = set(imputer.needs) - NEEDS
    if unknown:
        raise Violation(f"unknown need {listing(unknown)} (needs: {listing(NEEDS)})")
    if any(isinstance(made, Scene) for made in imputers_take(imputer).values()):
        return Measured(detail=f"needs {', '.join(sorted(imputer.needs)) or 'nothing'}")
    for kind in ("images", "tokens", "rows"):
        for extra in ("baseline", "pool", "references"):
            made = scene(kind).replace(imputer=imputer)
            try:
                query: Any = made.ask(Removing(), needs=(*Removing.needs, extra))
                logits_of(imputer, query, *coalitions(query))
            except Exception:
                continue
            raise Violation(f"uses query.{extra} without declaring it: needs = {(*imputer.needs, extra)}")
    return Measured(detail="takes no kind of input, see input-kinds")


@check("places")
def places(imputer: Imputer) -> Measured:
    """On oblong images that are read in one place, removing that place changes the answer, and no other so much."""
    told = []
    for layout in LAYOUTS:
        made = spotted(layout)
        try:
            query = removing(imputer, made)
            assert query.groups is not None
            count = query.groups.count
            lacking = ~torch.eye(count, dtype=torch.bool).repeat(len(query), 1)
            rows = torch.arange(len(query)).repeat_interleave(count)
            changed = (logits_of(imputer, query, rows, lacking) - query.logits[rows]).abs().amax(1)
        except XaiplugError:
            continue
        changed = changed.view(len(query), count)
        place, most = int(made.labels[made.relevant][0]), changed.max(1)
        if bool((changed[:, place] < (1 - EQUAL) * most.values).any()):
            raise Violation(f"{layout}: place {place} is read, and removing {most.indices.tolist()} changes most")
        told.append(layout)
    if not told:
        raise Skip("takes no images of the networks of this check")
    return Measured(detail=", ".join(told))


CHECKS = (
    input_kinds,
    logits,
    all_kept,
    kept_features,
    removed_features,
    places,
    batch_independent,
    deterministic,
    global_rng_untouched,
    inputs_untouched,
    model_untouched,
    hooks_removed_on_error,
    declared_needs,
    *COMMON,
)
