"""Runs on workers of ray: processes of this machine, or of a cluster."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_engines() -> list[Spec]:
    return [Spec("ray", "xaiplug_ray.engine:Ray")]
