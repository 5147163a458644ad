"""The kit, and what TensorBoard's own reader finds in the files."""

import dataclasses
import io

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from xaiplug.testing import view_checks
from xaiplug.testing.view.scenes import failing
from xaiplug.view.images import picture_image
from xaiplug.view.leaderboard import leaderboard
from xaiplug_tensorboard.view import TensorBoard


@pytest.mark.parametrize("check", view_checks(["tensorboard"]))
def test_conformance(check):
    check()


@pytest.fixture(scope="module")
def study():
    return failing()


@pytest.fixture(scope="module")
def runs(study, tmp_path_factory):
    folder = TensorBoard().write(study, tmp_path_factory.mktemp("run"))
    found = {path.name: EventAccumulator(str(path)) for path in folder.iterdir()}
    return {name: reader.Reload() for name, reader in found.items()}


def test_a_run_a_method_one_for_the_inputs_and_one_for_the_study(runs):
    grid = "-segmenter-grid"
    methods = {f"net-digits-{name}{grid}" for name in ("gradient", "smooth")}
    assert methods <= set(runs)
    assert {"study", "net-digits-input"} <= set(runs)


def test_means_and_intervals_are_those_of_the_leaderboard(study, runs):
    for board in leaderboard(study):
        for row in board.rows:
            run = runs[f"net-digits-{row.method.explainer}-segmenter-grid"]
            for what in ("mean", "low", "high"):
                (found,) = run.Scalars(f"{board.metric}/{what}")
                assert found.value == pytest.approx(getattr(row, what), rel=1e-6)
            values = run.Histograms(f"{board.metric}/values")[0].histogram_value
            assert (values.num, values.sum / values.num) == (4, pytest.approx(row.mean))
            settings = HParamsPluginData.FromString(run.PluginTagToContent("hparams")["_hparams_/session_start_info"])
            assert settings.session_start_info.hparams["explainer"].string_value == row.method.explainer


def test_a_curve_has_a_step_a_step(study, runs):
    curve = study.curves[0]
    found = runs[f"net-digits-{curve.explainer}"].Scalars("deletion/curve")
    assert [point.step for point in found] == [0, 1, 2, 3, 4]
    assert [point.value for point in found] == pytest.approx(curve.values.mean(0).tolist(), rel=1e-6)


def test_pictures_are_the_inputs_and_the_maps(study, runs):
    panel = study.gallery[0]
    shown = _decoded(runs["net-digits-input"].Images("sample/1")[0])
    assert (shown == np.asarray(picture_image(panel.inputs[1]))).all()
    assert _decoded(runs["net-digits-smooth"].Images("sample/1")[0]).shape == (8, 8, 3)


def test_the_study_tells_its_run_file_and_what_failed(runs):
    texts = {tag: _text(runs["study"], tag) for tag in runs["study"].Tags()["tensors"]}
    assert texts["run file/text_summary"] == "    version: 1\n    name: kit"
    assert texts["failures/text_summary"] == "    explain net digits smooth: no memory left"


def test_methods_whose_names_are_alike_keep_their_own_runs(study, tmp_path):
    curves = [dataclasses.replace(study.curves[0], explainer=name) for name in ("a b", "a/b")]
    folder = TensorBoard().write(dataclasses.replace(study, curves=curves), tmp_path)
    assert {"net-digits-a-b", "net-digits-a-b2"} <= {path.name for path in folder.iterdir()}


def _decoded(image):
    return np.asarray(Image.open(io.BytesIO(image.encoded_image_string)))


def _text(run, tag):
    (value,) = run.Tensors(tag)
    return value.tensor_proto.string_val[0].decode()
