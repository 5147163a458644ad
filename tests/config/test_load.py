"""Run files, good and bad."""

from pathlib import Path

import pytest

from xaiplug.config import load
from xaiplug.errors import ConfigError


def problems(path, *settings):
    """The lines of the error that a run file gives."""
    with pytest.raises(ConfigError) as caught:
        load(path, settings)
    return str(caught.value).splitlines()


def test_the_smallest_study(write):
    config = load(write())
    assert config.file.seeds == [0]
    assert config.file.target.use == "predicted"
    assert config.folder == Path.cwd() / "runs" / "toy"
    assert [variant.label for variant in config.variants["explainers"]] == ["g"]


def test_an_entry_may_be_one_word(write):
    config = load(write("segmenters: {h: toy-halves}\ntarget: label\n"))
    assert config.file.segmenters["h"].use == "toy-halves"
    assert config.file.target.use == "label"


EVERYTHING = """\
version: 1
name: all.keys-1
seeds: [0, 1]
models: {small: {use: "toy_nets:small", params: {seed: 1}}}
data:
  test: {use: "toy_nets:images", split: test, limit: 4, keep: top-2, per_class: 2, tag: even, params: {n: 12}}
pool: {use: "toy_nets:images", split: train, limit: 8}
target: {use: 1, scale: log_odds}
segmenters: {h: {use: toy-halves, params: {columns: 3}}}
baselines: {zero: {use: toy-constant}, swept: {use: toy-constant, grid: {value: [0.5, 1.0]}}}
references: {others: {use: toy-pool, params: {n: 3}}}
imputers: {fill: {use: toy-fill}}
explainers:
  ig: {use: toy-path, zip: {steps: [2, 4]}, baseline: [zero, "swept[value=0.5]"], scale: probability, target: label}
  ref: {use: toy-referring, references: others}
  occ: {use: toy-groups, segmenter: h, imputer: fill, baseline: zero}
metrics:
  del: {use: toy-removing, imputer: fill, baseline: zero, segmenter: h, scale: logit}
runs:
  - {models: small, data: [test], explainers: [ig, ref], baselines: "*", metrics: "*"}
  - {explainers: occ, segmenters: [h], references: [], imputers: fill, metrics: []}
outputs: {dir: runs/elsewhere}
plugins: {disable: [captum], only: [], files: [toy_plugin.py]}
"""


def test_every_key_is_read_and_the_resolved_file_reads_back(write, here):
    config = load(write(study=EVERYTHING))
    (here / "again.yaml").write_text(config.text())
    again = load(Path("again.yaml"))
    assert again.file == config.file
    assert again.text() == config.text()
    assert [v.label for v in config.variants["baselines"]] == ["zero", "swept[value=0.5]", "swept[value=1.0]"]
    assert [v.label for v in config.variants["explainers"]] == ["ig[steps=2]", "ig[steps=4]", "ref", "occ"]


BAD = [
    ("version: 1", "version: 2", "1:1: version: expected 1, got 2"),
    ("name: toy\n", "", "name: is missing"),
    ("name: toy", "name: ../toy", "2:1: name: a run's name is also a folder's"),
    ("name: toy", "name: a..b", "2:1: name: a run's name is also a folder's"),
    ("name: toy", "name: /tmp/x", "2:1: name: a run's name is also a folder's"),
    ("name: toy", "name: [toy]", "2:1: name: expected text, got ['toy']"),
    ("name: toy", "nam: toy", "2:1: nam: unknown key 'nam'; did you mean 'name'?"),
    ("limit: 4", "limit: four", "6:34: data.test.limit: expected a whole number, got 'four'"),
    ("limit: 4", "limit: 0", "data.test.limit: expected at least 1, got 0"),
    ("limit: 4", "splt: test", "6:34: data.test.splt: unknown key 'splt'; did you mean 'split'?"),
    ("limit: 4", "keep: wrong", "data.test.keep: expected all, correct or top-5 (any number), got 'wrong'"),
    ("limit: 4}", "limit: 4", "no valid YAML"),
    ('use: "toy_nets:images", ', "", "6:3: data.test.use: is missing"),
    ("toy_nets:small", "toynets", "4:11: models.small.use: 'toynets' is no model reference; write task:..., file:"),
    ("toy_nets:small", "file:model.yaml", "models.small.use: no file or folder 'model.yaml' (looked in "),
    ("toy_nets:small", "no_such_nets:small", "models.small.use: no module 'no_such_nets'"),
    ("toy_nets:small", "tsk:decoy", "models.small.use: no module 'tsk'; did you mean 'task'?"),
    ("toy_nets:small", "task:no-such", "models.small.use: unknown task 'no-such'"),
    ("toy_nets:images", "folder:photos", "data.test.use: no folder 'photos'"),
    ("use: toy-gradient", "use: toy-gradent", "8:7: explainers.g.use: unknown explainer 'toy-gradent'; did you mean "),
    ("use: toy-gradient", "use: toy-size", "explainers.g.use: unknown explainer 'toy-size': 'toy-size' is a metric"),
    ("toy-gradient}", "toy-gradient, params: {fctor: 2}}", "g.params.fctor: unknown parameter; did you mean 'factor'?"),
    (
        "toy-gradient}",
        "toy-gradient, params: {factor: x}}",
        "8:35: explainers.g.params.factor: Input should be a valid",
    ),
    ("toy-gradient}", "toy-gradient, grid: {factor: [1, x]}}", "explainers.g.grid.factor.1: Input should be a valid"),
    ("toy-gradient}", "toy-gradient, grid: {fctor: [1, 2]}}", "8:33: explainers.g.grid.fctor: unknown parameter"),
    ("toy-gradient}", "toy-gradient, grid: {factor: []}}", "explainers.g.grid.factor: is empty"),
    ("toy-gradient}", "toy-gradient, grid: {factor: [1, 1]}}", "the sweep has 'g[factor=1]' twice"),
    ("toy-gradient}", "toy-gradient, baseline: zero}", "explainers.g.baseline: no 'zero' in baselines"),
    ("use: toy-gradient", "use: toy-referring", "8:3: explainers.g: needs references; write one under 'references:'"),
    (
        "toy-gradient}",
        "toy-wrapper, params: {base: {use: toy-path, params: {stps: 1}}}}",
        "g.params.base.params.stps: unk",
    ),
    ("toy-gradient}", "toy-wrapper, params: {base: toy-pth}}", "explainers.g.params.base: unknown explainer 'toy-pth'"),
    ("toy-gradient}", "toy-gradient, scale: logits}", "explainers.g.scale: expected 'logit', 'log_probability'"),
    ("  g:", "  g/x:", "explainers.g/x: a name must be made of letters"),
    ("toy_plugin.py", "toy_plugn.py", "plugins.files.0: no Python file 'toy_plugn.py'"),
    ("plugins: {", "plugins: {disabled: [x], ", "plugins.disabled: unknown key 'disabled'; did you mean 'disable'?"),
]


@pytest.mark.parametrize(("good", "bad", "message"), BAD, ids=[message[:50] for _, _, message in BAD])
def test_one_mistake_has_its_message(write, here, good, bad, message):
    path = write()
    text = path.read_text()
    assert good in text
    path.write_text(text.replace(good, bad))
    found = problems(path)
    assert any(message in line for line in found), found
    assert all(line.startswith("run.yaml") for line in found)


MORE = [
    ("seeds: []", "seeds: is empty"),
    ("seeds: [1, 1]", "seeds: is listed twice"),
    ("seeds: [-1]", "seeds.0: expected at least 0, got -1"),
    ("seeds: [0.5]", "seeds.0: expected a whole number, got 0.5"),
    ("seeds: [true]", "seeds.0: expected a whole number, got True"),
    ("target: {use: true}", "target.use: expected predicted, label, a class name or a class index"),
    ("runs: [{explainers: [gg]}]", "runs.0.explainers: no 'gg' in explainers; did you mean 'g'?"),
    ("runs: [{explainer: [g]}]", "runs.0.explainer: unknown key 'explainer'; did you mean 'explainers'?"),
    ("outputs: {dir: ../out}", "outputs.dir: '../out' must be a folder without '..'"),
    (r"outputs: {dir: runs\..\out}", r"outputs.dir: 'runs\..\out' must be a folder without '..'"),
    ("outputs: {dir: ' '}", "outputs.dir: ' ' must be a folder without '..'"),
    ("outputs: {dir: /somewhere}", "outputs.dir: '/somewhere' is outside of the working directory"),
    ("outputs: {dir: ~/x}", "outputs.dir: '~/x' is outside of the working directory"),
    ("references: {r: {use: toy-pool, params: {n: 1.5}}}", "references.r.params.n: Input should be a valid integer"),
    ("name: again", "'name' is written twice (first in line 2)"),
]


@pytest.mark.parametrize(("more", "message"), MORE, ids=[more for more, _ in MORE])
def test_one_mistake_below_has_its_message(write, more, message):
    found = problems(write(more + "\n"))
    assert len(found) == 1
    assert message in found[0]
    assert found[0].startswith("run.yaml:12:")


def test_a_folder_elsewhere_is_yours_to_choose(write, tmp_path_factory):
    outside = tmp_path_factory.mktemp("out")
    assert load(write(), [f"outputs.dir={outside}"]).folder == outside
    assert "without '..'" in problems(write(), "outputs.dir=../x")[0]


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(write):
    path = write("target: {use: [1]}\nbaselines: {b: {use: toy-constnt}}\n")
    text = path.read_text()
    path.write_text(
        text.replace("limit: 4", "splt: test").replace("use: toy-gradient", "use: toy-gradient, baseline: zz")
    )
    found = problems(path)
    assert [line.split(": ")[1] for line in found] == [
        "data.test.splt",
        "explainers.g.baseline",
        "target.use",
        "baselines.b.use",
    ]


def test_a_reference_to_a_broken_entry_is_no_second_problem(write):
    path = write("baselines: {zero: {use: toy-constant, param: {}}}\n")
    path.write_text(path.read_text().replace("use: toy-gradient", "use: toy-path, baseline: zero"))
    (line,) = problems(path)
    assert "baselines.zero.param: unknown key" in line


def test_a_pin_that_nothing_uses(write):
    path = write("baselines: {zero: {use: toy-constant}}\n")
    path.write_text(path.read_text().replace("use: toy-gradient", "use: toy-gradient, baseline: zero"))
    assert "explainers.g.baseline: toy-gradient uses no baseline (it uses: none); leave it out" in problems(path)[0]


def test_references_that_draw_from_a_pool_need_one(write):
    path = write("references: {r: {use: toy-pool}}\n")
    path.write_text(path.read_text().replace("use: toy-gradient", "use: toy-referring"))
    assert "explainers.g: draws from further samples; say which under 'pool:'" in problems(path)[0]


def test_a_file_that_is_not_there_and_one_that_is_no_mapping(here):
    assert problems(Path("nothing.yaml")) == ["nothing.yaml: cannot be read: No such file or directory"]
    Path("list.yaml").write_text("[1]")
    assert "a run file is a mapping" in problems(Path("list.yaml"))[0]
    Path("empty.yaml").write_text("")
    assert "a run file is a mapping" in problems(Path("empty.yaml"))[0]


def test_a_plugin_that_fails_on_import_is_named_where_it_is_used(write, here):
    (here / "bad_plugin.py").write_text("raise RuntimeError('no good')\n")
    path = write()
    path.write_text(path.read_text().replace("[toy_plugin.py]", "[toy_plugin.py, bad_plugin.py]"))
    load(path)  # nothing of it is used
    path.write_text(path.read_text().replace("use: toy-gradient", "use: bad_plugin/thing"))
    assert "plug-in 'bad_plugin' (" in problems(path)[0]
    assert "failed to load: RuntimeError: no good" in problems(path)[0]


def test_two_plugins_with_one_name_are_both_told_and_the_full_name_works(write, here):
    (here / "twin.py").write_text((here / "toy_plugin.py").read_text())
    path = write()
    path.write_text(path.read_text().replace("[toy_plugin.py]", "[toy_plugin.py, twin.py]"))
    first = problems(path)[0]
    assert "explainer 'toy-gradient' is offered by 'toy_plugin/toy-gradient'" in first
    assert "and 'twin/toy-gradient'" in first
    text = path.read_text().replace("use: toy-gradient", "use: twin/toy-gradient")
    path.write_text(text.replace("use: toy-size", "use: toy_plugin/toy-size"))
    assert load(path).variants["explainers"][0].component.origin.plugin == "twin"


def test_files_are_found_beside_the_run_file_too(write, here, monkeypatch):
    write()
    (here / "inside").mkdir()
    monkeypatch.chdir(here / "inside")
    config = load(Path("../run.yaml"))
    assert config.file.plugins.files == [str(here / "toy_plugin.py")]


def test_an_entry_that_leads_nowhere_hides_no_other(write):
    path = write("baselines: {zero: {use: toy-constant, param: {}}, one: toy-constant}\n")
    more = "use: toy-path, baseline: zero}\n  h: {use: toy-gradient, baseline: one"
    path.write_text(path.read_text().replace("use: toy-gradient", more))
    told = problems(path)
    assert any("baselines.zero.param: unknown key" in line for line in told)
    assert any("explainers.h.baseline: toy-gradient uses no baseline" in line for line in told)
