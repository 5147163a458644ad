"""`--set`."""

import pytest

from xaiplug.config import load
from xaiplug.errors import ConfigError


def test_values_are_yaml_and_missing_mappings_are_made(write):
    config = load(write(), ["explainers.g.params.factor=1e-3", "seeds=[3, 4]", "data.test.limit=2"])
    assert config.file.explainers["g"].params == {"factor": 1e-3}
    assert config.variants["explainers"][0].component.factor == 1e-3
    assert config.file.seeds == [3, 4]
    assert config.file.data["test"].limit == 2


def test_items_of_lists_and_entries_in_short_form(write):
    config = load(write("seeds: [0, 1]\nsegmenters: {h: toy-halves}\n"), ["seeds.1=7", "segmenters.h.params.columns=3"])
    assert config.file.seeds == [0, 7]
    assert config.file.segmenters["h"].params == {"columns": 3}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("explainer.g.use=x", "a run file has no 'explainer'; did you mean 'explainers'?"),
        ("explainers.gg.params.factor=1", "'explainers' has no 'gg'; did you mean 'g'?"),
        ("data.test.limt=1", "'data.test' has no 'limt'; did you mean 'limit'?"),
        ("name.x=1", "'name' is 'toy'; there is nothing below it"),
        ("seeds.5=1", "'seeds' has 1 items, numbered from 0"),
        ("name", "expected path=value"),
        ("explainers.g.params.fctor=1", "explainers.g.params.fctor: unknown parameter; did you mean 'factor'?"),
        ("data.test.limit=many", "data.test.limit: expected a whole number, got 'many'"),
    ],
)
def test_a_bad_override_is_named_as_it_was_written(write, setting, message):
    with pytest.raises(ConfigError) as caught:
        load(write("seeds: [0]\n"), [setting])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"--set {setting}: ")
    assert message in line


def test_every_bad_override_is_told(write):
    with pytest.raises(ConfigError) as caught:
        load(write(), ["nam=x", "data.tst.limit=1"])
    assert len(str(caught.value).splitlines()) == 2
