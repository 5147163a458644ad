"""Segmenters by scikit-image, and plain grids."""

from xaiplug import Spec, hookimpl


@hookimpl
def xaiplug_segmenters() -> list[Spec]:
    return [
        Spec("slic", "xaiplug_skimage.superpixels:Slic", paper="achanta2012"),
        Spec("felzenszwalb", "xaiplug_skimage.superpixels:Felzenszwalb", paper="felzenszwalb2004"),
        Spec("quickshift", "xaiplug_skimage.superpixels:Quickshift", paper="vedaldi2008"),
        Spec("compact-watershed", "xaiplug_skimage.superpixels:CompactWatershed", paper="neubert2014"),
        Spec("random-partition", "xaiplug_skimage.grid:RandomPartition"),
        Spec("grid", "xaiplug_skimage.grid:Grid"),
    ]
