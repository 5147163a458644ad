"""Wafer maps: regions where the patterns are, real maps by a file of the user's."""

from pathlib import Path

import numpy as np
import pytest
import torch

from xaiplug.errors import DataError
from xaiplug_trainers.data.wafer_patterns import PATTERNS
from xaiplug_trainers.networks import WaferCNN, build, kwargs_for
from xaiplug_trainers.tasks import wafer

SAMPLES = wafer.samples("test", channels="grey")
NAMES = list(PATTERNS)


def test_maps_are_what_they_say():
    assert SAMPLES.inputs.shape == (900, 1, 56, 56)
    assert SAMPLES.inputs.unique().tolist() == [0, 0.5, 1]
    assert torch.bincount(SAMPLES.labels).tolist() == [100] * 9
    on_wafer = SAMPLES.inputs[:, 0] > 0
    assert torch.equal(on_wafer[0], on_wafer[1])
    assert not (SAMPLES.relevant & ~on_wafer).any()
    corners = on_wafer[0][[0, 0, -1, -1], [0, -1, 0, -1]]
    assert not corners.any()
    assert torch.equal(SAMPLES.extras["pattern"], SAMPLES.labels != NAMES.index("none"))


def test_maps_have_a_channel_for_each_kind_of_place():
    coloured = wafer.samples("test").inputs
    assert coloured.shape == (900, 3, 56, 56)
    assert torch.equal(coloured.sum(1), torch.ones(900, 56, 56))
    assert torch.equal(coloured.argmax(1), (SAMPLES.inputs[:, 0] * 2).long())
    with pytest.raises(DataError, match="rgb, grey"):
        wafer.samples("test", channels="hsv")


@pytest.mark.parametrize(("channels", "planes"), [("rgb", 3), ("grey", 1)])
def test_the_first_convolution_reads_every_channel(channels, planes):
    config = wafer.config(channels=channels)
    geometry = wafer.load_data(config).geometry
    network = build(*kwargs_for(config["model"]["network"], geometry.shape, geometry.outputs, {}))
    first = network.features[0]
    assert first.weight.shape == (32, planes, 3, 3)
    assert network(wafer.samples("test", limit=2, channels=channels).inputs).shape == (2, 9)


def test_the_pattern_is_where_dies_fail():
    """Inside its region most dies fail, outside few; two kinds have no region."""
    fails, region = SAMPLES.inputs[:, 0] == 1, SAMPLES.relevant
    empty = ~region.flatten(1).any(1)
    nowhere = torch.tensor([NAMES.index("random"), NAMES.index("none")])
    assert torch.equal(empty, torch.isin(SAMPLES.labels, nowhere))
    some = ~empty & (SAMPLES.labels != NAMES.index("near-full"))
    wafer_around = (SAMPLES.inputs[:, 0] > 0) & ~region
    inside = (fails & region).flatten(1).sum(1)[some] / region.flatten(1).sum(1)[some]
    outside = (fails & wafer_around).flatten(1).sum(1)[some] / wafer_around.flatten(1).sum(1)[some]
    assert inside.min() > 0.4
    assert outside.max() < 0.15


def test_splits_differ_and_are_the_same_each_time():
    again = wafer.samples("test", limit=5, channels="grey")
    assert torch.equal(again.inputs, SAMPLES.inputs[:5])
    assert not torch.equal(wafer.samples("val", limit=5, channels="grey").inputs, again.inputs)
    assert wafer.key() == wafer.key(source="procedural") != wafer.key(split_seed=1)
    assert wafer.key() == wafer.key(channels="rgb") != wafer.key(channels="grey")


def test_network_has_the_published_sizes():
    network = WaferCNN(channels=1)
    assert network.head[0].in_features == 8192
    assert network.head[2].in_features == 1250
    assert network(SAMPLES.inputs[:2]).shape == (2, 9)


def test_real_maps_come_from_a_file(tmp_path: Path):
    with pytest.raises(DataError, match=r"wm811k/wm811k\.npz.*arrays `maps`"):
        wafer.key(source="wm811k", data_root=str(tmp_path))
    labels = np.arange(90) % 9
    maps = np.zeros((90, 28, 28), dtype=np.uint8)
    maps[:, 7:21, 7:21] = 1
    maps[:, 7:14, 7:14] = 2
    np.savez(tmp_path / "wm811k.npz", maps=maps, labels=labels, masks=maps == 2)
    parts = [wafer.samples(split, source="wm811k", data_root=str(tmp_path)) for split in wafer.splits]
    assert [len(part) for part in parts] == [63, 9, 18]
    assert len({name for part in parts for name in part.ids}) == 90
    assert parts[0].inputs.shape[1:] == (3, 56, 56)
    assert torch.equal(parts[0].relevant, parts[0].inputs[:, 2] == 1)
    np.savez(tmp_path / "wm811k.npz", maps=maps)
    with pytest.raises(DataError, match="lacks labels"):
        wafer.samples("test", source="wm811k", data_root=str(tmp_path))
