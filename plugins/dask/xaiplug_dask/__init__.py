"""Runs on workers of dask.distributed: processes of this machine, a Slurm cluster, Kubernetes."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_engines() -> list[Spec]:
    return [Spec("dask", "xaiplug_dask.engine:Dask")]
