"""A study done again under other choices: which, what they cost, and what is then said."""

import math
import os
import re
import sys
import time

import pytest

from xaiplug.audit.audit import audit
from xaiplug.audit.changes import changes
from xaiplug.audit.choices import choices_of
from xaiplug.audit.clock import Clock
from xaiplug.audit.reading import tables_of
from xaiplug.audit.vary import FILE, vary
from xaiplug.config import load
from xaiplug.errors import ConfigError, StoreError
from xaiplug.kinds import Watcher
from xaiplug.run import execute

STUDY = """\
version: 1
name: known
models: {small: {use: "toy_nets:small"}}
data: {test: {use: "toy_nets:images"}}
explainers:
  weak: {use: toy-gradient}
  strong: {use: toy-gradient, params: {factor: 2.0}}
  blind: {use: random}
metrics: {honest: honest, fickle: fickle, unseeing: unseeing}
plugins: {files: [toy_plugin.py, known.py]}
"""

KNOWN = '''
import torch
import xaiplug


class Honest(xaiplug.Metric):
    """How large the map is along the gradient."""

    def measure(self, query, explanation):
        return xaiplug.data.result.MetricResult(_size(query, explanation), better="higher")


class Fickle(xaiplug.Metric):
    """The same, but the other way round where the baseline is bright."""

    needs = ("baseline",)

    def measure(self, query, explanation):
        sign = 1 if query.baseline.mean() < 0.9 else -1
        return xaiplug.data.result.MetricResult(sign * _size(query, explanation), better="higher")


class Unseeing(xaiplug.Metric):
    """Nothing of the map."""

    def measure(self, query, explanation):
        return xaiplug.data.result.MetricResult(query.uniform(1).flatten(), better="higher")


def _size(query, explanation):
    return (explanation.attribution * query.gradient(query.inputs)).flatten(1).sum(1)


@xaiplug.hookimpl
def xaiplug_metrics():
    return [xaiplug.Spec(name, cls) for name, cls in (("honest", Honest), ("fickle", Fickle), ("unseeing", Unseeing))]
'''


@pytest.fixture
def study(here):
    """The study's run file, changed."""
    (here / "known.py").write_text(KNOWN)

    def written(*changed, text=STUDY):
        for old, new in changed:
            assert old in text
            text = text.replace(old, new)
        path = here / "known.yaml"
        path.write_text(text)
        return load(path)

    return written


class Counting(Watcher):
    def __init__(self):
        self.total, self.finished = 0, 0

    def start(self, total):
        self.total = total

    def done(self):
        self.finished += 1


def varied(config, budget=1e6):
    counting, said = Counting(), []
    return vary(config, budget, counting, said.append), counting, said


def levels(config, images=True):
    return {(change.factor, change.level) for change in changes(config, images=images)}


def test_what_is_fixed_is_varied(study):
    found = levels(study())
    assert {("metrics' baseline", name) for name in ("mean", "blur", "white", "noise")} <= found
    assert ("metrics' baseline", "black") not in found
    assert {("seed", "1"), ("seed", "2")} <= found
    assert not any(factor.startswith("explainers'") for factor, _ in found)


def test_what_the_study_varies_itself_is_left_to_it(study):
    config = study(("explainers:", "seeds: [0, 1]\nbaselines: {black: black, white: white}\nexplainers:"))
    assert not {factor for factor, _ in levels(config)} & {"seed", "metrics' baseline"}


def test_rows_have_no_images_to_take_a_baseline_from(study):
    assert not any("baseline" in factor for factor, _ in levels(study(), images=False))


def test_fields_of_components_are_choices(study):
    named = "deletion: {use: deletion, params: {steps: 8}}, mass: relevance-mass"
    config = study(("honest: honest", named), ("weak: {use: toy-gradient}", "weak: integrated-gradients"))
    expected = {
        *(("metrics' ties", "random"), ("metrics' sign", "positive"), ("metrics' steps", "half")),
        *(("explainers' steps", "twice"), ("explainers' baseline", "blur"), ("metrics' imputer", "neighbours")),
    }
    assert expected <= levels(config)


def test_an_audit_is_an_ordinary_run_file(study, here):
    config = study(("honest: honest", "deletion: {use: deletion, grid: {steps: [4, 8]}}"))
    choices, _ = choices_of(config, changes(config, images=True))
    done, *_ = varied(config)
    assert [choice.name for choice in done.choices] == [choice.name for choice in choices]
    assert done.notes == []
    again = load(here / "runs/known-audit" / FILE, (f"outputs.dir={here}/runs/known-audit",))
    assert (again.file.name, again.file.outputs.dir) == ("known-audit", f"{here}/runs/known-audit")
    assert execute(again, Watcher()).plain()["cells"]["done"] == 0


def test_two_changes_of_one_choice_are_both_made(study):
    config = study(("honest: honest", "deletion: {use: deletion, params: {steps: 8}}"))
    choices, file = choices_of(config, changes(config, images=True))
    both = next(choice for choice in choices if {"metrics' baseline", "metrics' ties"} <= set(choice.levels))
    entry = file["metrics"][both.metrics["deletion"]]
    level = both.levels["metrics' baseline"]
    assert (entry["baseline"], entry["params"]["ties"]) == ([f"audit-{level}"], "random")


def test_doing_it_again_computes_nothing(study):
    first, counted, _ = varied(study())
    assert counted.total == counted.finished > 0
    again, counted, _ = varied(study())
    assert counted.total == 0
    assert [choice.name for choice in again.choices] == [choice.name for choice in first.choices]


def test_what_the_study_has_finished_is_taken_over(study, here):
    execute(study(), Watcher())
    _, taken, _ = varied(study())
    _, alone, _ = varied(study(("name: known", "name: alone")))
    assert alone.total - taken.total == len(list((here / "runs/known/cells").iterdir())) > 0


def test_without_time_the_study_is_still_done_and_what_was_left_is_said(study):
    done, counted, said = varied(study(), budget=1e-9)
    assert [choice.name for choice in done.choices] == ["as run"]
    assert counted.finished < counted.total
    assert re.search(r"did not fit into the budget.*all of them take about \d+:\d\d more", done.notes[0])
    assert "choice 1 of" in said[0]
    assert all("one choice was made" in note for note in audit(tables_of(done.store, done.choices)[0]).notes)


def test_without_time_a_finished_study_is_audited_by_one_choice_more(study):
    execute(study(), Watcher())
    done, *_ = varied(study(), budget=1e-9)
    assert len(done.choices) > 1
    assert re.search(r"about \d+:\d\d more", done.notes[-1])


def test_a_choice_that_does_not_fit_holds_up_no_other(study, monkeypatch):
    def needs(clock, cells):
        return 1e9 if any("white" in clock.plan[cell]["metric_entry"] for cell in cells) else 0.0

    monkeypatch.setattr(Clock, "needs", needs)
    done, *_ = varied(study())
    names = [choice.name for choice in done.choices]
    assert {"metrics' baseline=mean", "seed=2"} <= set(names)
    assert not any("metrics' baseline=white" in name for name in names)
    assert "metrics' baseline=white" in done.notes[-1]


def test_a_clock_goes_by_what_cells_of_a_kind_took_and_by_the_middle_kind(tmp_path):
    names = dict.fromkeys(["model", "data", "explainer", "imputer", "metric_imputer"], "")
    plan = {name: {**names, "metric_entry": name[:-1]} for name in ("slow1", "slow2", "quick1", "quick2", "new1")}

    class Kept:
        def finished(self, cell):
            return cell != "slow2"

        def cell(self, cell):
            return tmp_path / cell

    clock = Clock(60, time.monotonic(), Kept(), plan)
    assert clock.needs(["new1"]) == math.inf
    now = time.time()
    with clock.working(["slow1", "slow2", "quick1"]):
        for cell, seconds in (("slow1", 30), ("quick1", 32)):
            (tmp_path / cell).mkdir()
            (tmp_path / cell / "cell.json").touch()
            os.utime(tmp_path / cell / "cell.json", (now + seconds,) * 2)
    assert clock.needs(["slow2"]) == pytest.approx(30, abs=0.1)
    assert clock.needs(["quick2", "quick2"]) == pytest.approx(4)
    assert clock.needs(["new1"]) == pytest.approx(16, abs=0.1)


def test_a_choice_that_fails_is_said_and_left_out(study, here):
    broken = KNOWN.replace("sign = 1 if", "assert query.baseline.mean() < 0.9, 'too bright'\n        sign = 1 if")
    study()
    (here / "known.py").write_text(broken)
    done, *_ = varied(load(here / "known.yaml"))
    assert "metrics' baseline=white" not in [choice.name for choice in done.choices]
    assert any(note.startswith("metrics' baseline=white") and "too bright" in note for note in done.notes)


@pytest.fixture
def said(study):
    """What the audit says of the study whose answers are known."""
    done, *_ = varied(study())
    return audit(tables_of(done.store, done.choices)[0])


def ranking(found, metric):
    return next(one for one in found.rankings if one["metric"] == metric)


def verdict_of(found, metric):
    """On "strong better than weak"."""
    named = (metric, "strong", "weak")
    return next(one for one in found.verdicts if (one["metric"], one["first"], one["second"]) == named)


def test_a_ranking_that_flips_with_the_baseline_is_said_to(said):
    one = ranking(said, "fickle")
    assert one["flipped"] > 0
    assert one["flips_by"]["metrics' baseline"] > 0
    verdict = verdict_of(said, "fickle")
    assert (verdict["verdict"], "metrics' baseline=white" in verdict["flips"]) == ("some", True)


def test_one_that_does_not_is_not(said):
    one = ranking(said, "honest")
    assert not any("baseline" in choice for choice in one["choices"])
    verdict = verdict_of(said, "honest")
    assert (verdict["verdict"], verdict["flips"]) == ("all", [])


def test_a_metric_that_sees_prefers_a_map_to_its_counterparts_and_one_that_does_not_is_undecided(said):
    against = {"blind", "a network with new weights", "another sample", "another class"}
    seen = {(one["metric"], one["method"], one["against"]): one["sees"] for one in said.sight}
    assert {name for _, _, name in seen} == against
    assert seen["honest", "strong", "a network with new weights"] == "yes"
    assert seen["honest", "strong", "another sample"] == "yes"
    assert {word for (metric, *_), word in seen.items() if metric == "unseeing"} == {"undecided"}


def test_samples_that_belong_together_are_counted_as_one(study, here):
    nets = (here / "toy_nets.py").read_text().replace("extras = {", 'extras = {"group": torch.arange(n) // 2, ')
    (here / "toy_nets.py").write_text(nets)
    done, *_ = varied(study(), budget=1e-9)
    (table, *_), _ = tables_of(done.store, done.choices)
    assert table.groups == (0, 0, 1, 1, 2, 2, 3, 3, 4, 4)


def test_a_folder_that_cannot_be_written_and_data_that_cannot_be_read_say_so(study, here):
    config = study()
    (here / "runs").write_text("no folder")
    with pytest.raises(StoreError):
        varied(config)
    nets = (here / "toy_nets.py").read_text() + "\n\ndef broken():\n    raise OSError('gone')\n"
    (here / "toy_nets.py").write_text(nets)
    sys.modules.pop("toy_nets", None)
    with pytest.raises(ConfigError, match="gone"):
        varied(study(("toy_nets:images", "toy_nets:broken")))
