"""Segmenters by scikit-image, and plain grids."""

from xaiplug import Paper, Spec, hookimpl

ACHANTA = Paper(
    "SLIC Superpixels Compared to State-of-the-Art Superpixel Methods",
    "Achanta, Radhakrishna and Shaji, Appu and Smith, Kevin and Lucchi, Aurelien and Fua, Pascal and Süsstrunk, Sabine",
    2012,
    venue="IEEE Transactions on Pattern Analysis and Machine Intelligence",
    doi="10.1109/TPAMI.2012.120",
)

FELZENSZWALB = Paper(
    "Efficient Graph-Based Image Segmentation",
    "Felzenszwalb, Pedro F. and Huttenlocher, Daniel P.",
    2004,
    venue="International Journal of Computer Vision",
    doi="10.1023/B:VISI.0000022288.19776.77",
)
VEDALDI = Paper(
    "Quick Shift and Kernel Methods for Mode Seeking",
    "Vedaldi, Andrea and Soatto, Stefano",
    2008,
    venue="ECCV",
    doi="10.1007/978-3-540-88693-8_52",
)
NEUBERT = Paper(
    "Compact Watershed and Preemptive SLIC: On Improving Trade-offs of Superpixel Segmentation Algorithms",
    "Neubert, Peer and Protzel, Peter",
    2014,
    venue="ICPR",
    doi="10.1109/ICPR.2014.181",
)


@hookimpl
def xaiplug_segmenters() -> list[Spec]:
    return [
        Spec("slic", "xaiplug_skimage.superpixels:Slic", "K-means on colour and place.", ACHANTA),
        Spec("felzenszwalb", "xaiplug_skimage.superpixels:Felzenszwalb", "Greedy merging of a graph.", FELZENSZWALB),
        Spec("quickshift", "xaiplug_skimage.superpixels:Quickshift", "Mode seeking in colour and place.", VEDALDI),
        Spec(
            "compact-watershed",
            "xaiplug_skimage.superpixels:CompactWatershed",
            "Flooding of the gradient from a grid of seeds.",
            NEUBERT,
        ),
        Spec("random-partition", "xaiplug_skimage.grid:RandomPartition", "Uniform random labels: a control."),
        Spec("grid", "xaiplug_skimage.grid:Grid", "Rectangular patches."),
    ]
