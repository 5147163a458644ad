"""The kit; what the files say; and what FiftyOne itself makes of a sample, where it is installed."""

import base64
import dataclasses
import importlib
import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image

from xaiplug.testing import view_checks
from xaiplug.testing.view.scenes import full
from xaiplug.view.images import picture_image
from xaiplug_fiftyone.view import FiftyOne


@pytest.mark.parametrize("check", view_checks(["fiftyone"]))
def test_conformance(check):
    check()


@pytest.fixture(scope="module")
def study():
    made = full()
    panel = dataclasses.replace(made.gallery[0], ids=("digits-0", "digits-1"))
    return dataclasses.replace(made, gallery=[panel])


@pytest.fixture(scope="module")
def folder(study, tmp_path_factory):
    return FiftyOne().write(study, tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="module")
def written(folder):
    return json.loads((folder / "net-digits.json").read_text())


def test_a_heatmap_is_the_sum_over_channels_with_its_sign(study, written):
    maps = study.gallery[0].maps["smooth"].attribution.sum(1)
    stored = written["samples"][1]["map_of_smooth"]
    values = np.load(io.BytesIO(zlib.decompress(base64.b64decode(stored["map"]["$binary"]["base64"]))))
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, maps[1].numpy(), rtol=1e-6)
    assert stored["range"] == pytest.approx([-np.percentile(abs(values), 99), np.percentile(abs(values), 99)])


def test_values_are_the_means_over_seeds(study, written):
    results = study.results
    own = results[(results.explainer == "smooth") & (results.metric == "deletion") & (results.id == "digits-1")]
    assert len(own) == 2
    assert written["samples"][1]["deletion_of_smooth_segmenter_grid"] == pytest.approx(own["value"].mean())


def test_classes_have_their_names_and_pictures_their_places(study, folder, written):
    (first, second), panel = written["samples"], study.gallery[0]
    assert [first["truth"]["label"], first["predicted"]["label"]] == ["gradient", "smooth"]
    picture = np.asarray(Image.open(folder / second["filepath"]))
    assert (picture == np.asarray(picture_image(panel.inputs[1]))).all()
    unknown = dataclasses.replace(panel, labels=panel.labels - 1)
    again = FiftyOne(folder="again").write(dataclasses.replace(study, gallery=[unknown]), folder)
    assert json.loads((again / "net-digits.json").read_text())["samples"][0]["truth"] is None


def test_every_field_is_declared(written):
    for sample in written["samples"]:
        assert set(sample) - {"filepath"} == set(written["sample_fields"])


def test_fiftyone_reads_the_samples(written):
    """Its `Dataset.from_json` is this on each sample and the fields, and a data base (MongoDB) that no test starts."""
    fiftyone = pytest.importorskip("fiftyone", reason="FiftyOne is not installed: it is large and brings a data base")
    for sample in written["samples"]:
        read = fiftyone.Sample.from_dict(sample)
        assert isinstance(read["map_of_smooth"], fiftyone.Heatmap)
        assert read["map_of_smooth"].map.shape == (8, 8)
        assert read["truth"].label == sample["truth"]["label"]
    for name, kind in written["sample_fields"].items():
        place, _, inner = kind.partition("(")
        for path in (place, inner.rstrip(")")):
            module, _, cls = path.rpartition(".")
            assert not path or hasattr(importlib.import_module(module), cls), name
