"""What the core itself offers: the sources that stand on the core alone, the serial engine, the HTML view."""

from xaiplug.hookspecs import hookimpl
from xaiplug.spec import Spec


@hookimpl
def xaiplug_model_sources() -> list[Spec]:
    return [
        Spec("task", "xaiplug.sources.models:Trained"),
        Spec("file", "xaiplug.sources.models:File"),
        Spec("module", "xaiplug.sources.models:Attribute"),
    ]


@hookimpl
def xaiplug_data_sources() -> list[Spec]:
    return [
        Spec("task", "xaiplug.sources.data:OfTask"),
        Spec("module", "xaiplug.sources.data:Attribute"),
    ]


@hookimpl
def xaiplug_engines() -> list[Spec]:
    return [Spec("serial", "xaiplug.engines.serial:Serial")]


@hookimpl
def xaiplug_views() -> list[Spec]:
    return [
        Spec("html", "xaiplug.view.html:Html"),
        Spec("markdown", "xaiplug.view.files:Markdown"),
        Spec("latex", "xaiplug.view.files:Latex"),
        Spec("csv", "xaiplug.view.files:Csv"),
        Spec("figures", "xaiplug.view.files:Figures"),
    ]
