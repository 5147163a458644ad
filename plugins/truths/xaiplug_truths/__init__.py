"""Truths on demand: networks set by hand, their data, and what every patch is exactly worth."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_model_sources() -> list[Spec]:
    return [Spec("truth", "xaiplug_truths.sources:TruthModel")]


@hookimpl
def xaiplug_data_sources() -> list[Spec]:
    return [Spec("truth", "xaiplug_truths.sources:TruthData")]


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("sign-agreement", "xaiplug_truths.metrics:SignAgreement"),
        Spec("share-agreement", "xaiplug_truths.metrics:ShareAgreement"),
        Spec("order-agreement", "xaiplug_truths.metrics:OrderAgreement", paper="somers1962"),
        Spec("interaction-auc", "xaiplug_truths.metrics:InteractionAuc", paper="tsang2020"),
    ]
