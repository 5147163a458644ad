"""Broken explainers, in the families of their checks."""

from xaiplug.testing.explainer.violators import (
    axioms,
    batches,
    declared,
    form,
    games,
    networks,
    places,
    seeds,
    targets,
    untouched,
)

VIOLATORS = (
    *form.VIOLATORS,
    *untouched.VIOLATORS,
    *seeds.VIOLATORS,
    *batches.VIOLATORS,
    *targets.VIOLATORS,
    *networks.VIOLATORS,
    *places.VIOLATORS,
    *declared.VIOLATORS,
    *axioms.VIOLATORS,
    *games.VIOLATORS,
)

__all__ = ["VIOLATORS"]
