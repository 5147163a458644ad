"""`hf:` models see what their image processor would give them; `hf:` data are what is in the data set."""

import numpy as np
import pytest
import torch
from PIL import Image

import xaiplug
from xaiplug.config import load
from xaiplug.errors import ConfigError, DataError, ModelError

transformers = pytest.importorskip("transformers")
datasets = pytest.importorskip("datasets")

VIT = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8, "patch_size": 8}


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Save a small ViT and an image processor; its folder."""
    monkeypatch.chdir(tmp_path)

    def save(processor, network="ViTForImageClassification", **config):
        folder = tmp_path / "vit"
        made = transformers.ViTConfig(**VIT, **{"image_size": 32, "num_labels": 3, **config})
        getattr(transformers, network)(made).save_pretrained(folder)
        if processor is not None:
            processor.save_pretrained(folder)
        return folder

    return save


def processors():
    square = {"height": 32, "width": 32}
    names = transformers
    yield (
        "published",
        names.ViTImageProcessor(size=square, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]),
    )
    yield (
        "other numbers per channel",
        names.ViTImageProcessor(size=square, image_mean=[0.1, 0.2, 0.3], image_std=[1, 2, 3]),
    )
    yield "no normalisation", names.ViTImageProcessor(size=square, do_normalize=False)
    yield "0..255", names.ViTImageProcessor(size=square, do_rescale=False, do_normalize=False)
    yield "another factor", names.ViTImageProcessor(size=square, rescale_factor=1 / 127.5)
    yield (
        "-1..1, then a second time",
        names.EfficientNetImageProcessor(size=square, rescale_offset=True, rescale_factor=1 / 127.5),
    )
    yield "blue first", names.MobileViTImageProcessor(size={"shortest_edge": 32}, crop_size=square)
    yield "cropped", names.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=square)


PROCESSORS = dict(processors())


@pytest.mark.parametrize("how", PROCESSORS)
def test_the_network_sees_what_its_processor_makes_of_a_photo(saved, how):
    folder = saved(PROCESSORS[how])
    model = xaiplug.load_model(f"hf:{folder}")
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    seen = PROCESSORS[how](Image.fromarray(pixels), return_tensors="pt")["pixel_values"]
    network = transformers.ViTForImageClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        wanted = network(seen).logits
        got = model(torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255)
    torch.testing.assert_close(got, wanted, rtol=1e-5, atol=1e-5)
    assert model.size == (32, 32)


def test_the_published_numbers_are_taken_as_they_are_printed(saved):
    model = xaiplug.load_model(f"hf:{saved(PROCESSORS['published'])}")
    assert model.mean == (0.485, 0.456, 0.406)
    assert model.std == (0.229, 0.224, 0.225)


def test_a_processor_that_is_no_mean_and_std_is_refused():
    from xaiplug_sources.preparing import prepared

    def grey(image, return_tensors):
        return {
            "pixel_values": np.asarray(image, dtype=np.float32)
            .transpose(2, 0, 1)
            .mean(0, keepdims=True)
            .repeat(3, 0)[None]
        }

    def curved(image, return_tensors):
        return {"pixel_values": (np.asarray(image, dtype=np.float32).transpose(2, 0, 1)[None] / 255) ** 2}

    for processor in (grey, curved):
        with pytest.raises(ModelError, match="give mean= and std="):
            prepared(processor, "x")


def test_classes_and_several_answers_are_those_of_the_configuration(saved):
    names = {0: "cat", 1: "dog", 2: "owl"}
    several = {"problem_type": "multi_label_classification"}
    folder = saved(PROCESSORS["published"], id2label=names, label2id={v: k for k, v in names.items()}, **several)
    model = xaiplug.load_model(f"hf:{folder}")
    assert (model.class_names, model.output) == (("cat", "dog", "owl"), "sigmoid")
    assert xaiplug.load_model(f"hf:{folder}", output="softmax").output == "softmax"


def test_names_that_nobody_gave_are_none(saved):
    model = xaiplug.load_model(f"hf:{saved(PROCESSORS['published'])}")
    assert (model.class_names, model.output, model.name) == (None, "softmax", "vit")


def test_a_network_without_a_classifier_is_refused(saved):
    folder = saved(PROCESSORS["published"], network="ViTModel")
    with pytest.raises(ModelError, match=r"no weights for classifier\.bias"):
        xaiplug.load_model(f"hf:{folder}")


def test_other_classes_than_were_saved_are_refused(saved):
    folder = saved(PROCESSORS["published"])
    with pytest.raises(ModelError):
        xaiplug.load_model(f"hf:{folder}", num_labels=7, ignore_mismatched_sizes=True)


def test_without_a_processor_mean_and_std_must_be_given(saved):
    folder = saved(None)
    with pytest.raises(ModelError, match="give mean="):
        xaiplug.load_model(f"hf:{folder}")
    with pytest.raises(ModelError, match="give mean="):
        xaiplug.load_model(f"hf:{folder}", mean=[0.5] * 3)
    model = xaiplug.load_model(f"hf:{folder}", mean=[0.5] * 3, std=[0.25] * 3)
    assert (model.mean, model.std, model.size) == ((0.5,) * 3, (0.25,) * 3, None)


def test_untrained_weights_are_the_same_every_time(saved):
    folder = saved(PROCESSORS["published"])
    one, other = (xaiplug.load_model(f"hf:{folder}", weights=None).fingerprint() for _ in range(2))
    assert one == other != xaiplug.load_model(f"hf:{folder}").fingerprint()


@pytest.mark.parametrize("name", ["./none", "/none/at/all", "a/b/c"])
def test_a_folder_that_is_not_there(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for load_it in (xaiplug.load_model, xaiplug.load_data):
        with pytest.raises(DataError, match="no such folder"):
            load_it(f"hf:{name}")


def test_a_name_that_neither_the_machine_nor_the_hub_can_give(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match="`hf download nobody/nothing`"):
        xaiplug.load_model("hf:nobody/nothing")
    with pytest.raises(DataError, match="`hf download nobody/nothing`"):
        xaiplug.load_data("hf:nobody/nothing")


def test_code_of_others_is_not_run(saved):
    with pytest.raises(ModelError, match="module:attr"):
        xaiplug.load_model(f"hf:{saved(PROCESSORS['published'])}", trust_remote_code=True)


def test_an_image_of_another_size_is_an_error_that_says_which(saved):
    model = xaiplug.load_model(f"hf:{saved(PROCESSORS['published'])}")
    with pytest.raises(ModelError, match="trained on images of 32x32"):
        model(torch.rand(1, 3, 48, 48))


RUN = """\
version: 1
name: hub
models: {vit: {use: "hf:vit"}}
data: {own: {use: "hf:photos", params: {size: 32}}}
explainers: {g: gradient}
"""


def test_a_run_file_finds_folders_beside_it_and_leaves_names_of_the_hub(saved, tmp_path, monkeypatch):
    saved(PROCESSORS["published"])
    images(2).save_to_disk(tmp_path / "photos")
    (tmp_path / "run.yaml").write_text(RUN)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    config = load(tmp_path / "run.yaml")
    assert config.file.models["vit"].use == f"hf:{tmp_path / 'vit'}"
    (tmp_path / "run.yaml").write_text(RUN.replace("hf:vit", "hf:google/vit"))
    assert load(tmp_path / "run.yaml").file.models["vit"].use == "hf:google/vit"
    (tmp_path / "run.yaml").write_text(RUN.replace('"hf:vit"', '"hf:vit", params: {trust_remote_code: true}'))
    with pytest.raises(ConfigError, match="module:attr"):
        load(tmp_path / "run.yaml")


def images(count, **features):
    pictures = [Image.fromarray(np.full((20, 30, 3), 40 * number, dtype=np.uint8)) for number in range(count)]
    classes = datasets.ClassLabel(names=["cat", "dog"])
    columns = {
        "img": pictures,
        "label": [number % 2 for number in range(count)],
        **dict.fromkeys(features, pictures),
    }
    kinds = {"img": datasets.Image(), "label": classes, **features}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))


def parquet(folder):
    folder.mkdir()
    images(3).to_parquet(folder / "train.parquet")
    images(2).to_parquet(folder / "test.parquet")


def on_disk(folder):
    datasets.DatasetDict({"train": images(3), "test": images(2)}).save_to_disk(folder)


@pytest.mark.parametrize("save", [parquet, on_disk])
def test_data_of_a_folder(tmp_path, save):
    save(tmp_path / "set")
    samples = xaiplug.load_data(f"hf:{tmp_path / 'set'}", size=8)
    assert samples.ids == ("test/0", "test/1")
    assert samples.labels.tolist() == [0, 1]
    assert torch.equal(samples.inputs, torch.tensor([0.0, 40 / 255])[:, None, None, None].expand(2, 3, 8, 8))
    assert len(xaiplug.load_data(f"hf:{tmp_path / 'set'}", size=8, split="train")) == 3
    assert len(xaiplug.load_data(f"hf:{tmp_path / 'set'}", size=8, split="train", limit=2)) == 2
    with pytest.raises(DataError, match="no split 'val'"):
        xaiplug.load_data(f"hf:{tmp_path / 'set'}", split="val")


def test_columns_are_found_or_asked_for(tmp_path):
    images(2, mask=datasets.Image()).save_to_disk(tmp_path / "two")
    with pytest.raises(DataError, match=r"2 columns for image=; name one of 'img', 'mask'"):
        xaiplug.load_data(f"hf:{tmp_path / 'two'}")
    assert len(xaiplug.load_data(f"hf:{tmp_path / 'two'}", image="mask", size=8)) == 2
    with pytest.raises(DataError, match="no column 'nose'"):
        xaiplug.load_data(f"hf:{tmp_path / 'two'}", image="nose")
    images(2).remove_columns("label").save_to_disk(tmp_path / "unlabelled")
    assert xaiplug.load_data(f"hf:{tmp_path / 'unlabelled'}", size=8).labels.tolist() == [-1, -1]
    images(2).remove_columns("img").save_to_disk(tmp_path / "blind")
    with pytest.raises(DataError, match="no column of images"):
        xaiplug.load_data(f"hf:{tmp_path / 'blind'}")


def test_a_broken_image_is_named_by_its_row(tmp_path):
    broken = datasets.Dataset.from_dict(
        {"img": [{"bytes": b"\x89PNG", "path": None}]}, features=datasets.Features({"img": datasets.Image()})
    )
    broken.save_to_disk(tmp_path / "broken")
    with pytest.raises(DataError, match="all/0 cannot be read as an image"):
        xaiplug.load_data(f"hf:{tmp_path / 'broken'}")


def test_the_same_network_in_another_folder_has_the_same_address(saved, tmp_path):
    one = saved(PROCESSORS["published"])
    before = xaiplug.load_model(f"hf:{one}").traits()
    one.rename(tmp_path / "moved")
    assert xaiplug.load_model(f"hf:{tmp_path / 'moved'}").traits() == before
