"""A folder of images: classes, crops, and what is relevant."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import xaiplug
from xaiplug.errors import DataError

VOC = """<annotation><size><width>80</width><height>40</height></size>
<object><name>a</name><bndbox><xmin>21</xmin><ymin>1</ymin><xmax>30</xmax><ymax>40</ymax></bndbox></object>
<object><name>b</name><bndbox><xmin>51</xmin><ymin>11</ymin><xmax>60</xmax><ymax>20</ymax></bndbox></object>
</annotation>"""


@pytest.fixture
def photos(tmp_path):
    """Two wide photos 80 x 40 whose columns 40 to 79 are white, with boxes."""
    pixels = np.zeros((40, 80, 3), dtype=np.uint8)
    pixels[:, 40:] = 255
    for stem in ("a_1", "b_2"):
        Image.fromarray(pixels).save(tmp_path / f"{stem}.png")
        (tmp_path / f"{stem}.xml").write_text(VOC)
    return tmp_path


def test_boxes_are_cropped_with_their_photo(photos):
    samples = xaiplug.load_data(f"folder:{photos}", size=40, resize=40, boxes=str(photos), label=7)
    assert samples.labels.tolist() == [7, 7]
    assert samples.inputs[0, 0, 0].tolist() == [0.0] * 20 + [1.0] * 20
    want = torch.zeros(40, 40, dtype=torch.bool)
    want[:, :10], want[10:20, 30:] = True, True  # the middle starts at column 20; corners count from 1
    assert torch.equal(samples.relevant[0], want)


def test_boxes_are_scaled_with_their_photo(photos):
    samples = xaiplug.load_data(f"folder:{photos}", size=20, resize=20, boxes=str(photos), label=7)
    assert samples.relevant[0].sum() == 20 * 5 + 5 * 5


def test_labels_from_names(photos):
    (photos / "classes.json").write_text(json.dumps(["b", {"wnid": "a"}]))
    assert xaiplug.load_data(f"folder:{photos}", size=8).labels.tolist() == [1, 0]
    with pytest.raises(DataError, match="give classes="):
        xaiplug.load_data(f"folder:{photos}", size=8, classes=["c"])


def test_boxes_that_are_no_boxes(photos):
    (photos / "a_1.xml").write_text("<annotation><bndbox><xmin>one</xmin></bndbox></annotation>")
    with pytest.raises(DataError, match="Pascal VOC"):
        xaiplug.load_data(f"folder:{photos}", boxes=str(photos), label=0)
    (photos / "a_1.xml").unlink()
    with pytest.raises(DataError, match=r"no boxes of .*a_1\.png"):
        xaiplug.load_data(f"folder:{photos}", boxes=str(photos), label=0)
