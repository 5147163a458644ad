"""Segment Anything's own classes with a tiny random encoder: the whole path, from the file to the groups."""

import hashlib

import pytest
import torch
from segment_anything import sam_model_registry
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

import xaiplug
from xaiplug.errors import ComponentError, DataError
from xaiplug.testing import segmenter_checks
from xaiplug_sam import segmenter, weights
from xaiplug_sam.ops import atoms, painted

EASY = {"points_per_side": 3, "pred_iou_thresh": 0.0, "stability_score_thresh": 0.0}


def tiny(checkpoint=None):
    """A SAM of 64 pixels and 32 dimensions."""
    network = Sam(
        image_encoder=ImageEncoderViT(depth=1, embed_dim=16, img_size=64, num_heads=2, patch_size=16, out_chans=32),
        prompt_encoder=PromptEncoder(
            embed_dim=32, image_embedding_size=(4, 4), input_image_size=(64, 64), mask_in_chans=4
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=1, embedding_dim=32, mlp_dim=32, num_heads=2),
            transformer_dim=32,
            iou_head_hidden_dim=16,
        ),
    )
    if checkpoint is not None:
        network.load_state_dict(torch.load(checkpoint))
    return network


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("sam") / "tiny.pth"
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = tiny()
        for parameter in [*network.mask_decoder.parameters(), *network.prompt_encoder.parameters()]:
            torch.nn.init.normal_(parameter)
        # Unlike a trained one, a random quality is anything: all masks pass.
        torch.nn.init.constant_(network.mask_decoder.iou_prediction_head.layers[-1].bias, 1e3)
        torch.save(network.state_dict(), path)
    return path


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setitem(sam_model_registry, "tiny", tiny)


@pytest.fixture
def images():
    blobs = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    return torch.nn.functional.interpolate(blobs, size=(24, 32), mode="bilinear")


def made(checkpoint, **params):
    params = {"model_type": "tiny", "checkpoint": checkpoint and str(checkpoint)} | params
    return xaiplug.component("segmenter", "sam", **params)


def test_small_masks_are_painted_over_large_ones():
    masks = torch.zeros(3, 4, 6, dtype=torch.bool)
    masks[0, 1:3, 1:3] = True
    masks[1, :, :4] = True
    masks[2, 1, 2:] = True
    labels = painted(masks)
    assert labels[0].tolist() == [0, 0, 0, 0, -1, -1]
    assert labels[1].tolist() == [0, 1, 1, 2, 2, 2] or labels[1].tolist() == [0, 1, 2, 2, 2, 2]
    assert painted(masks, max_groups=1).unique().tolist() == [-1, 0]


def test_overlaps_become_atoms():
    masks = torch.zeros(2, 3, 5, dtype=torch.bool)
    masks[0, :, :3] = True
    masks[1, :, 2:4] = True
    labels = atoms(masks)
    assert len(labels.unique()) == 4
    assert (labels[:, 4] == -1).all()
    assert labels[0, 2] not in (labels[0, 0], labels[0, 3])
    merged = atoms(masks, max_groups=2)
    assert (merged[:, :2] == merged[0, 0]).all()
    assert (merged[:, 4] == -1).all()
    assert len(merged.unique()) == 3
    assert (atoms(masks, max_groups=1)[:, :4] == 0).all()


def test_automatic_masks_make_groups(checkpoint, images):
    labels = made(checkpoint, **EASY).segment(images, torch.zeros(2))
    assert labels.shape == (2, 24, 32)
    assert labels.dtype == torch.int64
    assert labels.max() >= 1
    torch.testing.assert_close(labels[1:], made(checkpoint, **EASY).segment(images[1:], torch.zeros(1)))


def test_max_groups_and_background(checkpoint, images):
    for overlap in ("small-over-large", "atoms"):
        part = made(checkpoint, **EASY, overlap=overlap, max_groups=2, background="group")
        labels = part.segment(images, torch.zeros(2))
        assert (labels >= 0).all()
        assert all(len(one.unique()) <= 3 for one in labels)


def test_prompts(checkpoint, images):
    labels = made(checkpoint, points=((0.2, 0.3), (0.8, 0.8)), boxes=((0.1, 0.1, 0.6, 0.5),)).segment(
        images, torch.zeros(2)
    )
    assert labels.shape == (2, 24, 32)
    assert labels.max() <= 2
    with pytest.raises(ComponentError, match="points"):
        made(checkpoint, points=((20.0, 3.0),))


def test_no_masks_is_one_group(checkpoint, images):
    strict = made(checkpoint, points_per_side=2, stability_score_thresh=1.0, pred_iou_thresh=1.0)
    monkey = strict._partition(torch.zeros(0, 24, 32, dtype=torch.bool))
    assert (monkey == 0).all()


def test_loaded_once_and_run_once_per_image(checkpoint, images, monkeypatch):
    built, runs = [], []
    monkeypatch.setitem(sam_model_registry, "counted", lambda checkpoint=None: (built.append(1), tiny())[1])
    masks = segmenter.Sam._masks
    monkeypatch.setattr(segmenter.Sam, "_masks", lambda *given: (runs.append(1), masks(*given))[1])
    part = made(checkpoint, model_type="counted", **EASY)
    for _ in range(3):
        part.segment(images, torch.zeros(2))
    part.segment(images.flip(0).double(), torch.zeros(2))
    assert (len(built), len(runs)) == (1, 2)
    made(checkpoint, model_type="counted", **EASY, max_groups=1).segment(images, torch.zeros(2))
    assert (len(built), len(runs)) == (1, 4)


def test_grey_images_and_other_channels(checkpoint):
    grey = torch.rand(1, 1, 20, 20)
    assert made(checkpoint, **EASY).segment(grey, torch.zeros(1)).shape == (1, 20, 20)
    with pytest.raises(ComponentError, match="channels"):
        made(checkpoint).segment(torch.rand(1, 4, 20, 20), torch.zeros(1))


def test_missing_weights_are_explained(tmp_path, monkeypatch, images):
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(ComponentError, match=r"sam_vit_b_01ec64\.pth.*download=True"):
        made(None, model_type="vit_b").segment(images, torch.zeros(2))
    with pytest.raises(DataError, match="no checkpoint"):
        made(tmp_path / "nowhere.pth").segment(images, torch.zeros(2))
    (tmp_path / "wrong.pth").write_bytes(b"nothing")
    with pytest.raises(DataError, match="is no checkpoint of 'tiny'"):
        made(tmp_path / "wrong.pth").segment(images, torch.zeros(2))
    with pytest.raises(ComponentError, match="vit_h"):
        made(tmp_path / "wrong.pth", model_type="vit_hh").segment(images, torch.zeros(2))


def test_the_digest_is_checked(checkpoint, images):
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    made(checkpoint, sha256=digest, **EASY).segment(images[:1], torch.zeros(1))
    with pytest.raises(DataError, match="sha256"):
        made(checkpoint, sha256="0" * 64, **EASY).segment(images[:1], torch.zeros(1))


def test_download(checkpoint, images, tmp_path, monkeypatch):
    digest = hashlib.sha256(checkpoint.read_bytes()).hexdigest()
    monkeypatch.setitem(weights.RELEASES, "tiny", weights.Release("tiny_release.pth", digest))
    monkeypatch.setattr(weights, "_SITE", checkpoint.parent.as_uri() + "/")
    checkpoint.with_name("tiny_release.pth").write_bytes(checkpoint.read_bytes())
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    part = made(None, download=True, **EASY)
    assert part.segment(images, torch.zeros(2)).max() >= 1
    assert (tmp_path / "checkpoints" / "tiny_release.pth").is_file()
    expected = made(checkpoint, **EASY).segment(images, torch.zeros(2))
    assert torch.equal(part.segment(images, torch.zeros(2)), expected)


@pytest.mark.skipif(segmenter.find_spec("cv2") is not None, reason="opencv is installed")
def test_opencv_is_asked_for_where_it_is_needed(checkpoint, images):
    with pytest.raises(ComponentError, match="opencv"):
        made(checkpoint, min_mask_region_area=10).segment(images, torch.zeros(2))


@pytest.fixture(scope="module")
def checks(checkpoint):
    params = {"model_type": "tiny", "checkpoint": str(checkpoint), **EASY}
    return [param.values[0] for param in segmenter_checks([("sam", params)])]


def test_conformance(checks):
    for check in checks:
        try:
            check()
        except pytest.skip.Exception:
            continue
