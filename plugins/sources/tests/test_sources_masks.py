"""What is relevant: masks by index, boxes on the photo as it is shown."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import xaiplug
from xaiplug.errors import DataError

QUARTER = np.zeros((64, 64), dtype=np.uint8)
QUARTER[:32, :32] = 1


def load(folder, size=64, **params):
    return xaiplug.load_data(f"folder:{folder}", size=size, resize=size, label=0, **params)


@pytest.fixture
def photos(tmp_path):
    """One photo 64 x 64, and an empty folder of masks beside it."""
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "a.jpg")
    (tmp_path / "masks").mkdir()
    return folder


def share(photos, image, name="a.png", **params):
    """What share of the photo a mask marks."""
    masks = photos.parent / "masks"
    image.save(masks / name)
    relevant = load(photos, masks=str(masks), **params).relevant
    assert relevant.shape == (1, 64, 64)
    assert relevant.dtype == torch.bool
    return relevant.float().mean().item()


def voc(index):
    """A palette mask as Pascal VOC has them: index 1 is dark red, 255 nearly white."""
    image = Image.fromarray(index.astype(np.uint8)).convert("P")
    image.putdata(index.flatten().tolist())
    palette = [0, 0, 0, 128, 0, 0] + [7, 7, 7] * 253 + [224, 224, 192]
    image.putpalette(palette)
    return image


def bordered():
    """Index 1 on a quarter, a border of 255 around it."""
    index = QUARTER.copy()
    index[32:34, :34], index[:34, 32:34] = 255, 255
    return index


@pytest.mark.parametrize("form", ["palette", "grey", "grey of 16 bits", "colours"])
def test_255_is_void(photos, form):
    image = {
        "palette": voc,
        "grey": Image.fromarray,
        "grey of 16 bits": lambda index: Image.fromarray(index.astype(np.uint16)),
        "colours": lambda index: voc(index).convert("RGB"),
    }[form](bordered())
    assert share(photos, image) == 0.25


def test_void_is_what_is_said(photos):
    image = Image.fromarray(bordered())
    whole = 34 * 34 / 4096
    assert share(photos, image, void=None) == pytest.approx(whole)
    assert share(photos, image, void=1) == pytest.approx(whole - 0.25)


def test_a_mask_of_0_and_255_marks_by_255(photos):
    assert share(photos, Image.fromarray(QUARTER * 255)) == 0.25
    assert share(photos, Image.fromarray(QUARTER * 255).convert("1")) == 0.25
    assert share(photos, Image.fromarray(QUARTER * 255).convert("RGB")) == 0.25
    assert share(photos, Image.fromarray(QUARTER * 255), void=255) == 0
    assert share(photos, voc(QUARTER * 255)) == 0  # a palette has indices: 255 is void


def test_masks_that_mean_different_things_are_an_error(photos):
    Image.new("RGB", (64, 64)).save(photos / "b.jpg")
    Image.fromarray(QUARTER * 255).save(photos.parent / "masks" / "b.png")
    with pytest.raises(DataError, match=r"is 255 void there, or what it marks\? say void=255, or void=None"):
        share(photos, Image.fromarray(QUARTER))
    relevant = load(photos, masks=str(photos.parent / "masks"), void=None).relevant
    assert relevant.float().mean((1, 2)).tolist() == [0.25, 0.25]


def test_every_colour_but_black_is_marked(photos):
    colours = np.zeros((64, 64, 3), dtype=np.uint8)
    colours[:32, :32] = (0, 0, 1)  # its luma is 0
    assert share(photos, Image.fromarray(colours)) == 0.25


@pytest.mark.parametrize("colour", [0, 255])
def test_the_alpha_channel_is_a_mask(photos, colour):
    image = Image.new("RGBA", (64, 64), (colour,) * 3)
    image.putalpha(Image.fromarray(QUARTER * 255))
    assert share(photos, image) == 0.25
    assert share(photos, image.convert("LA")) == 0.25


def test_an_alpha_channel_that_hides_nothing_is_no_mask(photos):
    assert share(photos, Image.fromarray(QUARTER * 255).convert("RGBA")) == 0.25
    with pytest.raises(DataError, match="transparent everywhere"):
        share(photos, Image.new("RGBA", (64, 64), (255, 0, 0, 0)))


def test_what_is_transparent_is_not_marked(photos):
    """Red on the left half, black below on the right; the upper half alone is opaque."""
    pixels = np.zeros((64, 64, 4), dtype=np.uint8)
    pixels[:, :32, 0], pixels[:32, :, 3] = 255, 255
    assert share(photos, Image.fromarray(pixels)) == 0.25


def test_soft_and_lossy_masks(photos):
    edge = QUARTER * 255
    edge[32:52, :32] = np.arange(250, 50, -10)[:, None]
    with pytest.raises(DataError, match="soft edges: 20 greys"):
        share(photos, Image.fromarray(edge))
    assert share(photos, Image.fromarray(edge), void=None) == pytest.approx(52 * 32 / 4096)
    (photos.parent / "masks" / "a.png").unlink()
    with pytest.raises(DataError, match="JPEG, which blurs indices"):
        share(photos, Image.fromarray(edge), "a.jpg")


def test_a_binary_jpeg_is_read(photos):
    assert share(photos, Image.fromarray(QUARTER * 255), "a.jpg") == 0.25


def test_numbers_that_are_no_indices(photos):
    with pytest.raises(DataError, match="holds no indices"):
        share(photos, Image.fromarray(QUARTER.astype(np.float32) / 2), "a.tif")


def test_a_mask_of_another_size_is_an_error(photos):
    with pytest.raises(DataError, match=r"a\.png is 64x32, and .*a\.jpg is 64x64; a mask has the size of"):
        share(photos, Image.fromarray(QUARTER[:32]))


def test_the_mask_of_a_turned_photo_has_the_size_that_is_shown(photos):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 128)).save(photos / "a.jpg", exif=exif)  # shown as 128 x 64
    shown = np.zeros((64, 128), dtype=np.uint8)
    shown[:, 32:64] = 1
    assert share(photos, Image.fromarray(shown)) == 0.5  # the middle starts at column 32
    with pytest.raises(DataError, match=r"a\.jpg is 128x64, 64x128 before its orientation tag"):
        share(photos, Image.fromarray(shown.T.copy()))


def test_masks_by_path_then_by_name(tmp_path):
    for name in ("cat/001.png", "dog/001.png", "dog/002.png"):
        (tmp_path / "d" / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (64, 64)).save(tmp_path / "d" / name)
    masks = tmp_path / "masks"
    masks.mkdir()
    Image.fromarray(QUARTER).save(masks / "001.png")
    with pytest.raises(DataError, match=r"001\.png could be the mask of each of .*cat/001\.png, .*dog/001\.png; put"):
        load(tmp_path / "d", masks=str(masks))
    for number, name in enumerate(("cat", "dog"), start=1):
        (masks / name).mkdir()
        Image.fromarray(QUARTER * number).save(masks / name / "001.png")
    with pytest.raises(DataError, match=r"no mask of .*dog/002\.png .*looked for dog/002 and 002"):
        load(tmp_path / "d", masks=str(masks))
    wide = np.zeros((64, 64), dtype=np.uint8)
    wide[:32] = 1
    Image.fromarray(wide).save(masks / "dog" / "002_mask.TIF")
    relevant = load(tmp_path / "d", masks=str(masks)).relevant
    assert relevant.float().mean((1, 2)).tolist() == [0.25, 0.25, 0.5]
    Image.fromarray(wide).save(masks / "dog" / "002.png")
    with pytest.raises(DataError, match=r"dog/002\.png has mask in each of .*002\.png, .*002_mask\.TIF; keep one"):
        load(tmp_path / "d", masks=str(masks))


def test_masks_beside_and_below_their_photos(photos):
    """What is a mask is no photo, and its folder no class."""
    Image.fromarray(QUARTER).save(photos / "a_mask.png")
    assert load(photos, masks=str(photos)).ids == ("a.jpg",)
    (photos / "a_mask.png").unlink()
    (photos / "masks").mkdir()
    Image.fromarray(QUARTER).save(photos / "masks" / "a.png")
    samples = load(photos, masks=str(photos / "masks"))
    assert (samples.ids, samples.relevant.sum().item()) == (("a.jpg",), 1024)


def test_what_the_cut_takes_away_is_said(photos):
    Image.new("RGB", (128, 64)).save(photos / "a.jpg")
    left = np.zeros((64, 128), dtype=np.uint8)
    left[:, :8] = 1
    with pytest.warns(UserWarning, match=r"nothing relevant left in the square .*\(a\.jpg\)"):
        assert share(photos, Image.fromarray(left)) == 0
    with pytest.warns(UserWarning, match="a mask that marks every pixel"):
        assert share(photos, Image.fromarray(left * 0 + 2)) == 1


def test_no_folder_of_masks(photos):
    with pytest.raises(DataError, match=r"no folder .*nowhere with the mask of the photos"):
        load(photos, masks=str(photos / "nowhere"))


def annotation(*boxes, size=None):
    sides = f"<size><width>{size[0]}</width><height>{size[1]}</height></size>" if size else ""
    corners = "".join(
        f"<object><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
        for a, b, c, d in boxes
    )
    return f"<annotation>{sides}{corners}</annotation>"


def boxed(photos, text):
    (photos.parent / "masks" / "a.xml").write_text(text)
    return load(photos, boxes=str(photos.parent / "masks")).relevant[0]


def turned(photos):
    """The photo is stored as 64 x 128 and shown, rows and columns changed, as 128 x 64: columns 32 to 95 are cut."""
    exif = Image.Exif()
    exif[0x0112] = 5
    Image.new("RGB", (64, 128)).save(photos / "a.jpg", exif=exif)


@pytest.mark.parametrize(
    ("box", "size"),
    [
        ((65, 1, 96, 16), (128, 64)),  # the file says: as shown
        ((65, 1, 96, 16), None),  # outside of what is stored
        ((1, 65, 16, 96), (64, 128)),  # the file says: as stored
        ((1, 65, 16, 96), None),  # outside of what is shown
    ],
)
def test_boxes_of_a_turned_photo(photos, box, size):
    turned(photos)
    want = torch.zeros(64, 64, dtype=torch.bool)
    want[:16, 32:] = True
    assert torch.equal(boxed(photos, annotation(box, size=size)), want)


def test_boxes_of_a_turned_photo_that_fit_both_ways(photos):
    turned(photos)
    want = torch.zeros(64, 64, dtype=torch.bool)
    want[:16, :16] = True
    with pytest.warns(UserWarning, match="orientation tag 5, and nothing tells whether .* taken as stored"):
        assert torch.equal(boxed(photos, annotation((1, 33, 16, 48))), want)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (annotation((1, 1, 80, 16)), r"box outside of .*a\.jpg, which is 64x64"),
        (annotation((-5, 1, 8, 16)), "box outside"),
        (annotation((1, 1, 8, 8), size=(32, 32)), "of a photo of 32x32"),
        (annotation((9, 1, 8, 8)), "end is before its start"),
        (annotation(("nan", 1, 8, 8)), "cannot be read as Pascal VOC"),
        ("", "cannot be read as Pascal VOC"),
    ],
)
def test_boxes_that_cannot_be_meant(photos, text, said):
    with pytest.raises(DataError, match=said):
        boxed(photos, text)


def test_boxes_by_path_then_by_name(tmp_path):
    for name in ("cat/001.png", "dog/001.png"):
        (tmp_path / "d" / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (64, 64)).save(tmp_path / "d" / name)
    boxes = tmp_path / "boxes"
    (boxes / "dog").mkdir(parents=True)
    (boxes / "001.xml").write_text(annotation((1, 1, 32, 32)))
    with pytest.raises(DataError, match=r"001\.xml could be the boxes of each"):
        load(tmp_path / "d", boxes=str(boxes))


@pytest.mark.parametrize(
    "content",
    [
        ["cat", "dog"],
        {"0": "cat", "1": "dog"},
        {"1": "dog", "0": "cat"},
        {"dog": 1, "cat": 0},
        {"0": ["n02123045", "cat"], "1": ["n02084071", "dog"]},
        [["n02123045", "cat"], ["n02084071", "dog"]],
        [{"wnid": "n02123045", "name": "cat"}, {"name": "dog"}],
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lists_of_classes(tmp_path, content, encoding):
    for name in ("d/dog/a.png", "d/cat/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    path = tmp_path / "list.json"
    path.write_text(json.dumps(content), encoding=encoding)
    read = xaiplug.load_data(f"folder:{tmp_path / 'd'}", size=8, classes=str(path))
    assert (read.ids, read.labels.tolist()) == (("cat/b.png", "dog/a.png"), [0, 1])
    assert xaiplug.load_data(f"folder:{tmp_path / 'd'}", size=8, classes=content).labels.tolist() == [0, 1]


def test_a_text_file_of_classes_and_indices_as_yaml_has_them(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "great_cat_1.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "great_2.png")
    (tmp_path / "names.txt").write_text("dog\n great_cat \n\ngreat\n", encoding="utf-8-sig")
    labels = [2, 1]  # the longest name counts
    assert xaiplug.load_data(f"folder:{tmp_path}", size=8, classes=f"{tmp_path}/names.txt").labels.tolist() == labels
    given = {0: "dog", 1: "great_cat", 2: "great"}
    assert xaiplug.load_data(f"folder:{tmp_path}", size=8, classes=given).labels.tolist() == labels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read"),
        ("", "cannot be read"),
        ("[" * 100_000 + "]" * 100_000, "more than 16 brackets"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "more than 16 brackets"),
        ("7", "is no list of classes"),
        ('"cat"', "is no list of classes"),
        ("[]", "names no class"),
        ("{}", "names no class"),
        ("[1, 2]", "1 is no name of a class"),
        ('["cat", ""]', "is no name of a class"),
        ('["cat", "cat"]', "the name 'cat' more than once"),
        ('{"cat": 0, "dog": 2}', "no class 1; indices count from 0 without a gap"),
        ('{"1": "cat", "2": "dog"}', "no class 0"),
        ('{"cat": 0, "dog": 0}', "the index 0 twice"),
        ('{"0": "cat", "00": "dog"}', "the index 0 twice"),
        ('{"0": "cat", "0": "dog"}', "the key '0' comes twice"),
        ('{"-1": "cat"}', "neither its keys nor its values"),
        ('{"²": "cat"}', "neither its keys nor its values"),
        ('{"cat": true}', "neither its keys nor its values"),
        ('{"cat": 0.5}', "neither its keys nor its values"),
        ('{"names": ["cat", "dog"]}', "neither its keys nor its values"),
        ('{"0": {"id": 7}}', "is no name of a class"),
        ('{"cat": ' + "9" * 5000 + "}", "cannot be read"),
    ],
)
def test_what_is_no_list_of_classes(tmp_path, text, said):
    Image.new("RGB", (8, 8)).save(tmp_path / "cat_1.png")
    (tmp_path / "classes.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=rf"classes\.json.* {said}"):
        xaiplug.load_data(f"folder:{tmp_path}", size=8)


def test_a_name_of_two_classes_is_an_error_where_it_is_used(tmp_path):
    """ImageNet has two cranes."""
    Image.new("RGB", (8, 8)).save(tmp_path / "n02012849_crane.png")
    listed = [["n02012849", "crane"], ["n03126707", "crane"]]
    assert xaiplug.load_data(f"folder:{tmp_path}", size=8, classes=listed).labels.tolist() == [0]
    Image.new("RGB", (8, 8)).save(tmp_path / "crane_2.png")
    with pytest.raises(DataError, match=r"'crane' is a name of the classes \[0, 1\]; use their first names"):
        xaiplug.load_data(f"folder:{tmp_path}", size=8, classes=listed)


def test_numbers_are_sorted_as_numbers_and_said(tmp_path):
    for name in ("0", "1", "2", "10", "11"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (8, 8)).save(tmp_path / name / f"{name}.png")
    with pytest.warns(UserWarning, match="folders became classes: 0 = 0, 1 = 1, 2 = 2, 10 = 3, 11 = 4"):
        samples = xaiplug.load_data(f"folder:{tmp_path}", size=8)
    assert dict(zip(samples.ids, samples.labels.tolist(), strict=True))["10/10.png"] == 3


def test_other_orders_are_said(tmp_path):
    for name in ("fold2", "fold10", "empty"):
        (tmp_path / name).mkdir()
        if name != "empty":
            Image.new("RGB", (8, 8)).save(tmp_path / name / "a.png")
    with pytest.warns(UserWarning, match="empty = 0, fold10 = 1, fold2 = 2; no photos in empty, counted as classes"):
        assert xaiplug.load_data(f"folder:{tmp_path}", size=8).labels.tolist() == [1, 2]


def test_a_photo_beside_class_folders_is_an_error(tmp_path):
    (tmp_path / "cat").mkdir()
    for name in ("cat/a.png", "b.png"):
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    with pytest.raises(DataError, match=r"b\.png: 'b' is no class of .*; put photos in one sub-folder per class"):
        xaiplug.load_data(f"folder:{tmp_path}", size=8)


def test_a_flat_folder_needs_no_labels(tmp_path):
    for number in range(6):
        Image.new("RGB", (8, 8)).save(tmp_path / f"IMG_{number}.png")
    samples = xaiplug.load_data(f"folder:{tmp_path}", size=8)
    assert samples.labels.tolist() == [-1] * 6
