"""Segment Anything as a segmenter."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_segmenters() -> list[Spec]:
    return [
        Spec("sam", "xaiplug_sam.segmenter:Sam", paper="kirillov2023"),
    ]
