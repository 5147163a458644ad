from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import torch
from PIL import Image

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.study import Panel
from xaiplug.data.target import Target
from xaiplug.view.gallery import SAMPLES, wall


def test_every_sample_has_a_tile_of_every_explainer(study):
    made = wall(study.gallery[0])
    assert len(made.lines) == 6
    assert {tuple(tile.name for tile in line.tiles) for line in made.lines} == {tuple(study.gallery[0].maps)}
    assert made.truth
    assert made.order


def test_wrong_predictions_are_told(study):
    made = wall(study.gallery[0])
    assert [line.wrong for line in made.lines] == [False, False, True, False, False, False]
    assert (made.lines[2].true, made.lines[2].predicted, made.lines[2].explained) == ("two", "seven", "")


def test_an_unknown_label_is_no_wrong_one_and_no_class(study):
    panel = study.gallery[0]
    line = wall(replace(panel, labels=torch.full_like(panel.labels, -1))).lines[2]
    assert (line.true, line.wrong) == ("unknown", False)


def test_the_explained_class_is_told_where_it_is_not_the_predicted_one(study):
    panel = study.gallery[0]
    other = Explanation(panel.maps["random"].attribution, "input", Target(torch.full((6,), 9)))
    assert wall(replace(panel, maps={"random": other})).lines[0].explained == "nine"


def test_the_limit_that_a_sample_could_share_is_the_largest_of_its_maps(study):
    for line in wall(study.gallery[0]).lines:
        assert line.shared == max(tile.limit for tile in line.tiles)
        assert len({tile.limit for tile in line.tiles}) > 1


def test_samples_that_the_panel_leaves_out_are_counted(study):
    assert wall(study.gallery[0]).left_out == 0
    assert wall(replace(study.gallery[0], left_out=2)).left_out == 2


def test_only_so_many_samples_are_shown():
    many = SAMPLES + 3
    maps = {"ig": Explanation(torch.randn(many, 1, 4, 4), "input")}
    labels = torch.zeros(many, dtype=torch.int64)
    made = wall(Panel("m", "d", torch.rand(many, 1, 4, 4), None, labels, labels, None, ("x",) * many, maps))
    assert (len(made.lines), made.left_out, made.truth) == (SAMPLES, 3, False)
    assert made.lines[0].true == "class 0"


def test_large_pictures_are_averaged_down(study):
    side = 512
    maps = {"ig": Explanation(torch.randn(1, 3, side, side), "input")}
    zero = torch.zeros(1, dtype=torch.int64)
    made = wall(Panel("m", "d", torch.rand(1, 3, side, side), None, zero, zero, None, ("x",), maps))
    assert len(made.lines[0].tiles[0].drawn) < 60_000


def test_sets_are_outlined_with_their_values():
    members = torch.zeros(1, 2, 1, 8, 8, dtype=torch.bool)
    members[0, 0, 0, :2, :2] = members[0, 1, 0, 5:, 5:] = True
    maps = {"hsets": Explanation(members[:, 0].float(), "input", sets=SetScores(members, torch.tensor([[2.5, -0.5]])))}
    zero = torch.zeros(1, dtype=torch.int64)
    tile = wall(Panel("m", "d", torch.rand(1, 1, 8, 8), None, zero, zero, None, ("x",), maps)).lines[0].tiles[0]
    assert re.findall(r">([^<>]+)</text>", tile.drawn) == ["2.5", "−0.5"]
    assert all(tile.drawn.count(f'class="{side}"') == 1 for side in ("raises", "lowers"))


def test_rows_are_bars():
    zero = torch.zeros(2, dtype=torch.int64)
    panel = Panel(
        "m", "d", torch.rand(2, 9), None, zero, zero, None, ("a", "b"), {"ig": Explanation(torch.randn(2, 9))}
    )
    line = wall(panel).lines[0]
    assert line.picture == ""
    assert line.tiles[0].drawn.count("<rect") == 9


def test_channels_of_a_map_and_of_a_picture_that_is_no_photo():
    values = torch.zeros(1, 10, 8, 8)
    values[0, 0], values[0, 1, 0, 0] = 2.0, -1.0
    maps = {"own": Explanation(values, "input"), "one": Explanation(torch.ones(1, 1, 8, 8), "spatial")}
    panel = Panel("net", "d", torch.rand(1, 10, 8, 8), None, torch.tensor([0]), torch.tensor([0]), None, ("a",), maps)
    (line,) = wall(panel).lines
    own, one = line.tiles
    assert (line.channels, len(line.apart), len(own.channels), one.channels) == (10, 8, 8, ())
    shown = [Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) for uri in own.channels]
    assert [picture.getpixel((0, 0)) for picture in shown] == [254, round(127 - 127 / 2), *[127] * 6]
    photo = wall(replace(panel, inputs=torch.rand(1, 3, 8, 8))).lines[0]
    assert (photo.channels, photo.apart) == (3, ())
