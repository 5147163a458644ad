"""Photos as people have them: turned, deep, transparent, broken, and beside files that are none."""

import struct
import warnings
import zlib

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

import xaiplug
from xaiplug.errors import ComponentError, DataError

RAMP = np.linspace(0, 65535, 4096).reshape(64, 64).astype(np.uint16)


def load(folder, size=64, **params):
    """The samples of a folder whose photos keep their pixels: the short side is the square's."""
    return xaiplug.load_data(f"folder:{folder}", size=size, resize=size, **params)


def one(folder, size=64, **params):
    """The only photo of a folder, (3,size,size)."""
    samples = load(folder, size, **params)
    assert len(samples) == 1
    return samples.inputs[0]


def deep_png(array, kind):
    """A PNG of 16 bits: (H,W,C) of kind 0 grey, 2 RGB, 4 grey and alpha, 6 RGB and alpha."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    lines = b"".join(b"\0" + line.astype(">u2").tobytes() for line in array)
    head = struct.pack(">IIBBBBB", array.shape[1], array.shape[0], 16, kind, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")


def png(path, colour=(0, 0, 0), size=(8, 8)):
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.new("RGB", size, colour).save(path)


@pytest.fixture
def corner():
    """64 x 64, black, with a white corner at the top left and a grey one at the top right."""
    pixels = np.zeros((64, 64), dtype=np.uint8)
    pixels[:32, :32], pixels[:32, 32:] = 255, 128
    return pixels


def stored(upright, orientation):
    """What a camera stores of an upright picture (H,W), for the first two corners to be seen after its tag."""
    return {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: upright[::-1, ::-1].T,
        8: np.rot90(upright, -1),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_orientation(tmp_path, corner, orientation, suffix):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(np.ascontiguousarray(stored(corner, orientation)))
    image.save(tmp_path / f"a.{suffix}", exif=exif, **({"quality": 100} if suffix == "jpg" else {}))
    want = torch.from_numpy(corner) / 255
    torch.testing.assert_close(one(tmp_path), want.expand(3, 64, 64), atol=0.01, rtol=0)


def test_orientation_of_deep_images(tmp_path, corner):
    turned = np.ascontiguousarray(stored(corner.astype(np.uint16) * 257, 6))
    tifffile.imwrite(tmp_path / "a.tif", np.stack([turned] * 3, 2), photometric="rgb", extratags=[(274, 3, 1, 6, True)])
    torch.testing.assert_close(one(tmp_path)[0], torch.from_numpy(corner) / 255)


def test_tags_that_are_none(tmp_path, corner):
    exif = Image.Exif()
    exif[0x0112] = 9
    Image.fromarray(corner).save(tmp_path / "a.png", exif=exif)
    assert torch.equal(one(tmp_path)[0], torch.from_numpy(corner) / 255)


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm", "jp2"])
def test_grey_of_16_bits(tmp_path, suffix):
    Image.fromarray(RAMP).save(tmp_path / f"a.{suffix}")
    want = torch.from_numpy(RAMP / 65535).float()
    torch.testing.assert_close(one(tmp_path), want.expand(3, 64, 64), atol=1e-6, rtol=0)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_colours_of_16_bits(tmp_path, suffix):
    colours = np.stack([RAMP, RAMP[::-1], RAMP.T], 2)
    if suffix == "png":
        (tmp_path / "a.png").write_bytes(deep_png(colours, 2))
    else:
        tifffile.imwrite(tmp_path / "a.tif", colours, photometric="rgb")
    want = torch.from_numpy(colours / 65535).float().permute(2, 0, 1)
    torch.testing.assert_close(one(tmp_path), want, atol=1e-6, rtol=0)


def test_alpha_of_16_bits(tmp_path):
    pixels = np.full((64, 64, 2), 65535, dtype=np.uint16)
    pixels[..., 0], pixels[:32, :, 1] = 0, 0
    (tmp_path / "a.png").write_bytes(deep_png(pixels, 4))
    with pytest.warns(UserWarning, match=r"1 photo: had transparent parts, now on white \(a\.png\)"):
        assert one(tmp_path).mean(2)[0].tolist() == [1.0] * 32 + [0.0] * 32


def test_floats(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", (RAMP / 65535).astype(np.float32))
    torch.testing.assert_close(one(tmp_path)[1], torch.from_numpy(RAMP / 65535).float())
    three = np.stack([RAMP / 65535] * 3, 2)
    tifffile.imwrite(tmp_path / "a.tif", three, photometric="rgb")
    torch.testing.assert_close(one(tmp_path)[1], torch.from_numpy(RAMP / 65535).float())


@pytest.mark.parametrize(
    ("pixels", "said"),
    [
        (np.full((8, 8), 2.0, dtype=np.float32), "from 2 to 2; pixels run from 0 to 1"),
        (np.full((8, 8), -0.5, dtype=np.float32), "from -0.5 to"),
        (np.full((8, 8), np.nan, dtype=np.float32), "from nan to nan"),
        (np.full((8, 8), 7, dtype=np.int32), "type int32, and nobody says which is white"),
        (np.full((8, 8), 7, dtype=np.int16), "nobody says which is white"),
        (np.full((8, 8, 5), 7, dtype=np.uint16), "5 channels"),
    ],
)
def test_numbers_that_nobody_can_read(tmp_path, pixels, said):
    tifffile.imwrite(tmp_path / "a.tif", pixels, photometric="minisblack", planarconfig="contig")
    with pytest.raises(DataError, match=rf"a\.tif .*({said})"):
        load(tmp_path, 8)


def test_twelve_bits_are_said(tmp_path):
    Image.fromarray(RAMP // 16).save(tmp_path / "a.png")
    with pytest.warns(UserWarning, match="16 bits and used 12 at most"):
        torch.testing.assert_close(one(tmp_path).mean(), torch.tensor(0.5 / 16), atol=1e-3, rtol=0)


def clear(mode):
    """Half transparent, with red behind it, the other half black."""
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 255))
    image.paste((255, 0, 0, 0), (0, 0, 32, 64))
    if mode == "P":
        palette = Image.new("P", (64, 64), 1)
        palette.putpalette([255, 0, 0, 0, 0, 0])
        palette.paste(0, (0, 0, 32, 64))
        palette.info["transparency"] = 0
        return palette
    return image.convert(mode)


@pytest.mark.parametrize(
    ("mode", "suffix"), [("RGBA", "png"), ("LA", "png"), ("P", "png"), ("P", "gif"), ("RGBA", "webp"), ("RGBA", "tif")]
)
def test_what_is_transparent_lies_on_white(tmp_path, mode, suffix):
    clear(mode).save(tmp_path / f"a.{suffix}", **({"lossless": True} if suffix == "webp" else {}))
    with pytest.warns(UserWarning, match="now on white"):
        pixels = one(tmp_path)
    assert pixels.mean(1).tolist() == [[1.0] * 32 + [0.0] * 32] * 3


def test_an_alpha_channel_that_hides_nothing_is_not_said(tmp_path):
    Image.new("RGBA", (8, 8), (255, 0, 0, 255)).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one(tmp_path, 8).mean((1, 2)).tolist() == [1.0, 0.0, 0.0]


def test_palette_cmyk_grey_and_bits(tmp_path):
    Image.new("RGB", (8, 8), (0, 255, 0)).quantize(4).save(tmp_path / "a.png")
    Image.new("CMYK", (8, 8), (255, 0, 255, 0)).save(tmp_path / "b.tif")
    Image.new("CMYK", (8, 8), (255, 0, 255, 0)).save(tmp_path / "c.JPG", quality=100)
    Image.new("L", (8, 8), 51).save(tmp_path / "d.bmp")
    Image.new("1", (8, 8), 1).save(tmp_path / "e.pbm")
    means = load(tmp_path, 8).inputs.mean((2, 3))
    want = torch.tensor([[0, 1, 0], [0, 1, 0], [0, 1, 0], [0.2, 0.2, 0.2], [1, 1, 1]])
    torch.testing.assert_close(means, want, atol=0.01, rtol=0)


@pytest.mark.parametrize("suffix", ["gif", "webp", "png", "tif"])
def test_of_an_animation_the_first_picture_counts(tmp_path, suffix):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ((255, 255, 255), (0, 0, 0), (255, 0, 0))]
    frames[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=frames[1:])
    with pytest.warns(UserWarning, match=rf"several pictures, the first was taken \(a\.{suffix}\)"):
        assert one(tmp_path, 8).mean().item() == 1.0


def test_many_formats_and_what_is_passed_over(tmp_path):
    suffixes = ["PNG", "jpeg", "jp2", "tif", "TIFF", "gif", "webp", "bmp", "ppm", "avif", "tga"]
    for suffix in suffixes:
        Image.new("RGB", (8, 8), (255, 255, 255)).save(tmp_path / f"{suffix}.{suffix}")
    for name in ("x.heic", "y.heic", "notes.TXT", "README"):
        (tmp_path / name).write_text("?")
    with pytest.warns(UserWarning, match=r"4 files passed over: 2 \.heic, 1 \.txt, 1 without suffix"):
        samples = load(tmp_path, 8)
    assert len(samples) == len(suffixes)
    assert samples.inputs.min() > 0.98


def test_hidden_files_and_folders_are_no_data(tmp_path):
    for name in ("cat/a.png", "dog/b.png", ".ipynb_checkpoints/c.png", "cat/._a.png", "dog/.cache/d.png"):
        png(tmp_path / name)
    for name in ("__MACOSX/a.png", "Thumbs.db", "cat/desktop.ini", ".DS_Store", "cat/@eaDir/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no image")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        samples = load(tmp_path, 8)
    assert samples.labels.tolist() == [0, 1]
    assert samples.ids == ("cat/a.png", "dog/b.png")


def test_links(tmp_path):
    """Linked folders are folders; a link that leads back is followed no further; one that leads nowhere is broken."""
    png(tmp_path / "elsewhere" / "a.png", (255, 255, 255))
    png(tmp_path / "photos" / "dog" / "b.png")
    (tmp_path / "photos" / "cat").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "photos" / "dog" / "loop").symlink_to(tmp_path / "photos", target_is_directory=True)
    samples = load(tmp_path / "photos", 8)
    assert samples.ids == ("cat/a.png", "dog/b.png")
    (tmp_path / "photos" / "dog" / "c.png").symlink_to(tmp_path / "photos" / "dog" / "c.png")
    with pytest.raises(DataError, match=r"dog/c\.png cannot be read"):
        load(tmp_path / "photos", 8)


BROKEN = {
    "cut.jpg": lambda path: path.write_bytes(path.read_bytes()[:-200]),
    "cut.png": lambda path: path.write_bytes(path.read_bytes()[:60]),
    "none.gif": lambda path: path.write_bytes(b""),
    "text.tif": lambda path: path.write_text("II*\0 and no more"),
    "text.webp": lambda path: path.write_text("no image"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(tmp_path, name):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / name)
    BROKEN[name](tmp_path / name)
    for number in range(3):
        png(tmp_path / f"{'az'[number % 2]}{number}.png")
    with pytest.raises(DataError, match=rf"{name}"):
        load(tmp_path, 8)
    with pytest.warns(UserWarning, match=rf"1 left out: .*{name}"):
        samples = load(tmp_path, 8, on_error="skip")
    assert samples.ids == ("a0.png", "a2.png", "z1.png")
    with pytest.warns(UserWarning, match=name):
        assert load(tmp_path, 8, on_error="skip", limit=3).ids == samples.ids


def test_labels_stay_with_their_photos_when_one_is_left_out(tmp_path):
    for name in ("cat/a.png", "cat/b.png", "dog/c.png"):
        png(tmp_path / name)
    (tmp_path / "cat" / "a.png").write_text("no image")
    with pytest.warns(UserWarning, match="left out"):
        samples = load(tmp_path, 8, on_error="skip")
    assert (samples.ids, samples.labels.tolist()) == (("cat/b.png", "dog/c.png"), [0, 1])
    (tmp_path / "cat" / "b.png").write_text("no image")
    (tmp_path / "dog" / "c.png").write_text("no image")
    with pytest.raises(DataError, match="none of the 3 photos"):
        load(tmp_path, 8, on_error="skip")


def test_folders_without_photos_are_told_apart(tmp_path):
    with pytest.raises(DataError, match=r"no folder .*there is nothing of that name"):
        load(tmp_path / "nowhere")
    with pytest.raises(DataError, match="is empty: no photos, nor other files"):
        load(tmp_path)
    (tmp_path / "a.txt").write_text("")
    with pytest.raises(DataError, match=r"no images in .*, 1 file passed over: 1 \.txt \(formats: "):
        load(tmp_path)
    with pytest.raises(DataError, match="is a file; name the folder"):
        load(tmp_path / "a.txt")
    for name in ("\0", "a" * 5000):
        with pytest.raises(DataError, match="no folder"):
            load(name)


def test_splits(tmp_path):
    for name in ("train/cat/a.png", "train/dog/b.png", "val/cat/c.png", "val/dog/d.png"):
        png(tmp_path / name)
    with pytest.raises(DataError, match="holds splits, no classes: give split=, one of 'train', 'val'"):
        load(tmp_path, 8)
    with pytest.raises(DataError, match=r"vla; did you mean 'val'\? \(splits: 'train', 'val'\)"):
        load(tmp_path, 8, split="vla")
    assert load(tmp_path, 8, split="val").labels.tolist() == [0, 1]
    png(tmp_path / "train" / "ape" / "e.png")
    with pytest.warns(UserWarning, match="train has other folders; here cat = 0, dog = 1"):
        load(tmp_path, 8, split="val")


def test_images_of_one_pixel_and_strips(tmp_path):
    Image.new("RGB", (1, 1), (255, 0, 0)).save(tmp_path / "a.png")
    assert one(tmp_path, 8).mean((1, 2)).tolist() == [1.0, 0.0, 0.0]
    Image.new("RGB", (100_000, 1)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match="100000x1 is too long and thin"):
        load(tmp_path, 224)


def test_the_square_is_not_larger_than_what_it_is_cut_from(tmp_path):
    png(tmp_path / "a.png")
    with pytest.raises(ComponentError, match="resize=100 is less than size=224"):
        xaiplug.load_data(f"folder:{tmp_path}", size=224, resize=100)
