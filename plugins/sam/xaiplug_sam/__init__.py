"""Segment Anything as a segmenter."""

from xaiplug import Paper, Spec, hookimpl

KIRILLOV = Paper(
    "Segment Anything",
    "Kirillov, Alexander and Mintun, Eric and Ravi, Nikhila and Mao, Hanzi and Rolland, Chloe and others",
    2023,
    venue="ICCV",
    url="https://arxiv.org/abs/2304.02643",
)


@hookimpl
def xaiplug_segmenters() -> list[Spec]:
    return [Spec("sam", "xaiplug_sam.segmenter:Sam", "Masks of Segment Anything, automatic or prompted.", KIRILLOV)]
