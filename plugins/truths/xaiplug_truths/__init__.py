"""Truths on demand: networks set by hand, their data, and what every patch is exactly worth."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_model_sources() -> list[Spec]:
    return [Spec("truth", "xaiplug_truths.sources:TruthModel")]


@hookimpl
def xaiplug_data_sources() -> list[Spec]:
    return [Spec("truth", "xaiplug_truths.sources:TruthData")]
