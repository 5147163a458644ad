"""Class activation maps borrowed from pytorch-grad-cam."""

from xaiplug import Spec, hookimpl
from xaiplug_gradcam.names import GIVES


@hookimpl
def xaiplug_explainers() -> list[Spec]:
    return [
        Spec(f"gradcam-{name}", f"xaiplug_gradcam.theirs:{theirs}", f"pytorch-grad-cam's {theirs}: {told}.")
        for theirs, (name, told) in GIVES.items()
    ]
