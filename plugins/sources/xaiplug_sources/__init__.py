"""Models and data as people have them: networks of libraries, photos in folders."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_model_sources() -> list[Spec]:
    return [
        Spec("hf", "xaiplug_sources.hugging_face:HuggingFace"),
        Spec("timm", "xaiplug_sources.timm:Timm"),
        Spec("torchvision", "xaiplug_sources.torchvision:Torchvision"),
    ]


@hookimpl
def xaiplug_data_sources() -> list[Spec]:
    return [
        Spec("folder", "xaiplug_sources.folder:Folder"),
        Spec("hf", "xaiplug_sources.hub_data:HubData"),
    ]
