"""Maps and groups lie where the evidence does."""

from __future__ import annotations

from xaiplug.errors import XaiplugError
from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import takes
from xaiplug.testing.shared.scenes import Scene
from xaiplug.testing.shared.spots import EQUAL, GRID, LAYOUTS, PLACE, by_cell, spotted
from xaiplug.testing.shared.types import Measured, Skip, Violation, check


@check("places")
def places(explainer: Explainer) -> Measured:
    """On oblong images with evidence in one place, the map points there: channels first, last, and in tokens."""
    told, refused = [], []
    for layout in LAYOUTS:
        if not isinstance(takes(explainer, "tokens" if layout == "tokens" else "images"), Scene):
            continue
        made = spotted(layout)
        try:
            answered = made.answer(explainer)
        except XaiplugError as error:
            refused.append(f"refuses {layout}: {error}")
            continue
        cells = by_cell(answered.on_inputs()).flatten(1)
        there, most = cells[:, PLACE[0] * GRID[1] + PLACE[1]], cells.max(1)
        if bool((there < (1 - EQUAL) * most.values).any()):
            row, column = divmod(int(most.indices[0]), GRID[1])
            lies = f"row {PLACE[0]}, column {PLACE[1]}"
            raise Violation(f"{layout}: the evidence lies in {lies}, the map in row {row}, column {column}")
        told.append(f"{layout} {float((there / cells.sum(1)).min()):.0%}")
    if not told:
        raise Skip("; ".join(refused) or "takes no images")
    return Measured(detail="; ".join([f"of the map in its place: {', '.join(told)}", *refused]))


CHECKS = (places,)
