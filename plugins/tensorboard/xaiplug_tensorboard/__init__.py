"""Studies of xaiplug in TensorBoard."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_views() -> list[Spec]:
    return [Spec("tensorboard", "xaiplug_tensorboard.view:TensorBoard")]
