"""Segmenters by scikit-image, and plain grids."""

from xaiplug import Paper, Spec, hookimpl

ACHANTA = Paper(
    "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods",
    "Achanta, Radhakrishna and Shaji, Appu and Smith, Kevin and Lucchi, Aurelien and Fua, Pascal and Süsstrunk, Sabine",
    2012,
    venue="IEEE Transactions on Pattern Analysis and Machine Intelligence",
    doi="10.1109/TPAMI.2012.120",
)


@hookimpl
def xaiplug_segmenters() -> list[Spec]:
    return [
        Spec("slic", "xaiplug_skimage.superpixels:Slic", "K-means on colour and place.", ACHANTA),
        Spec("grid", "xaiplug_skimage.grid:Grid", "Rectangular patches."),
    ]
