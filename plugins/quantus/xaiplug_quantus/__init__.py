"""Metrics borrowed from Quantus."""

from xaiplug import Spec, hookimpl
from xaiplug_quantus.names import GIVES, offered


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec(offered(name), f"xaiplug_quantus.theirs:{name}", f"Quantus's {name}: {told}.")
        for name, told in GIVES.items()
    ]
