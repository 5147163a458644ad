"""Studies of xaiplug as datasets for FiftyOne."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_views() -> list[Spec]:
    return [Spec("fiftyone", "xaiplug_fiftyone.view:FiftyOne")]
