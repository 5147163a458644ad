"""Studies of xaiplug as runs of MLflow."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_views() -> list[Spec]:
    return [Spec("mlflow", "xaiplug_mlflow.view:Mlflow")]
