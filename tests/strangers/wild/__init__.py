"""A wheel by somebody else: models, data, a task and a view, and nothing of the core is touched for them."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_model_sources():
    return [Spec("zoo", "wild.models:Zoo")]


@hookimpl
def xaiplug_data_sources():
    return [Spec("savanna", "wild.data:Savanna")]


@hookimpl
def xaiplug_tasks():
    return [Spec("spots", "wild.task:Spots")]


@hookimpl
def xaiplug_views():
    return [Spec("tally", "wild.view:Tally")]
