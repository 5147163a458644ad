"""What the class says of itself: needs, claims, scale."""

from __future__ import annotations

from xaiplug.data.target import SCALES
from xaiplug.errors import listing
from xaiplug.kinds import CLAIMS, NEEDS, Explainer
from xaiplug.testing.explainer.scenes import takes
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.scenes import INPUT_KINDS, Scene, scene
from xaiplug.testing.shared.types import Measured, Violation, check


@check("declared-needs")
def declared_needs(explainer: Explainer) -> Measured:
    """The query holds what is in `needs`, and that is enough."""
    needs = sorted(explainer.needs)
    for name in explainer.needs:
        if name not in NEEDS:
            raise Violation(f"unknown need '{name}' (needs: {listing(NEEDS)})")
    for name in ("models", "task"):
        if name in needs:
            raise Violation(f"an explainer cannot need '{name}'; that is for metrics")
    if any(isinstance(takes(explainer, kind), Scene) for kind in INPUT_KINDS):
        return Measured(detail=f"needs {', '.join(needs) or 'nothing'}")
    for kind in INPUT_KINDS:
        for extra in ("baseline", "groups", "references", "pool", "imputer", "relevant", "exact"):
            made = scene(kind)
            try:
                answer(explainer, made.ask(explainer, needs=(*needs, extra)))
            except Exception:
                continue
            raise Violation(f"uses query.{extra} without declaring it: needs = {(*needs, extra)}")
    return Measured(detail="takes no kind of input, see input-kinds")


@check("declared-attributes")
def declared_attributes(explainer: Explainer) -> Measured:
    """`claims`, `default_scale`, `signed` and `min_groups` are values that the framework knows."""
    unknown = set(explainer.claims) - CLAIMS
    if unknown:
        raise Violation(f"unknown claim {listing(unknown)} (claims: {listing(CLAIMS)})")
    if explainer.default_scale not in SCALES:
        raise Violation(f"unknown default_scale '{explainer.default_scale}' (scales: {listing(SCALES)})")
    if not isinstance(explainer.signed, bool):
        raise Violation(f"signed must be True or False, got {explainer.signed!r}")
    if not isinstance(explainer.min_groups, int) or explainer.min_groups < 1:
        raise Violation(f"min_groups must be at least 1, got {explainer.min_groups!r}")
    return Measured(detail=f"claims {', '.join(sorted(explainer.claims)) or 'nothing'}")


CHECKS = (declared_needs, declared_attributes)
