"""Imputers: how absence is realised."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_imputers() -> list[Spec]:
    return [Spec("baseline", "xaiplug_imputers.baseline:BaselineImputer", "What is removed becomes the baseline.")]
