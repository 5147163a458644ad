"""The run files load: every name, parameter and combination in them exists."""

import os
from pathlib import Path

import pytest

from xaiplug.config import load

FOLDER = Path(__file__).parents[1] / "experiments"
REAL = ("celeba", "photos", "trec", "words")
"""Read real data, so that their references are there only where it is."""
FILES = sorted(file for file in FOLDER.glob("*.yaml") if file.stem not in REAL)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_run_file_is_good(file):
    assert load(file, ()).file.name == f"ig2-{file.stem}"


@pytest.mark.data
@pytest.mark.skipif("XAIPLUG_DATA" not in os.environ, reason="XAIPLUG_DATA is not set")
@pytest.mark.parametrize("name", REAL)
def test_run_file_on_real_data_is_good(name):
    data = Path(os.environ["XAIPLUG_DATA"])
    wanted = {"photos": ("kangaroo", "imagenet", "weights"), "celeba": ("celeba",)}.get(name, ("trec",))
    if missing := [folder for folder in wanted if not (data / folder).is_dir()]:
        pytest.skip(f"no {', '.join(missing)} below XAIPLUG_DATA")
    places = [
        f"data.wallabies.use=folder:{data / 'kangaroo'}",
        f"data.wallabies.params.boxes={data / 'kangaroo'}",
        f"pool.use=folder:{data / 'imagenet'}",
        f"models.v2.params.weights={data / 'weights' / 'mobilenetv2_100.safetensors'}",
        f"models.v3.params.weights={data / 'weights' / 'mobilenetv3_large_minimal.safetensors'}",
    ]
    assert load(FOLDER / f"{name}.yaml", places if name == "photos" else ()).file.name == f"ig2-{name}"


def test_there_are_run_files():
    assert len(FILES) >= 6
