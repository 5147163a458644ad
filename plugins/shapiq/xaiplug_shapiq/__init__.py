"""Explainers borrowed from shapiq, on masked games."""

from xaiplug import Spec, hookimpl
from xaiplug_shapiq.names import NAMES


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(f"shapiq-{name}", f"xaiplug_shapiq.theirs:{theirs}", f"shapiq's {theirs}: {told}.")
        for theirs, (name, told) in NAMES.items()
    ]
