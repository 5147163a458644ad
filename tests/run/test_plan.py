"""Which cells a run file asks for."""

import pytest

from xaiplug.config import load
from xaiplug.run.execute import plan_of
from xaiplug.run.plan import Facts, make_plan

STUDY = """\
version: 1
name: toy
seeds: [0, 1]
models: {small: {use: "toy_nets:small"}, other: {use: "toy_nets:small", params: {seed: 1}}}
data: {test: {use: "toy_nets:images", limit: 4}}
explainers: {g: toy-gradient}
plugins: {files: [toy_plugin.py]}
"""

OCCLUSION = """\
explainers: {o: toy-groups}
segmenters: {h: toy-halves}
imputers: {fill: toy-fill}
baselines: {zero: toy-constant}
"""


@pytest.fixture
def plan(write):
    """The plan of a study with more sections, one seed and one model unless told otherwise."""

    def planned(more, *, several=False, relevant=True, ndim=4):
        path = write(more, STUDY)
        settings = [] if several else ["seeds=[0]", 'models={small: {use: "toy_nets:small"}}']
        if "explainers:" in more:
            path.write_text(path.read_text().replace("explainers: {g: toy-gradient}\n", ""))
        return make_plan(load(path, settings), {"test": Facts(relevant, ndim)})

    return planned


def told(plan, kind, *columns):
    return [tuple(getattr(cell, column) for column in columns) for cell in plan.cells if cell.kind == kind]


def test_models_and_seeds_multiply(plan):
    found = plan("metrics: {size: toy-size}\n", several=True)
    assert told(found, "explain", "model", "seed") == [("small", 0), ("small", 1), ("other", 0), ("other", 1)]
    assert found.count("score") == 4


def test_inputs_come_before_what_reads_them(plan):
    found = plan("explainers: {o: toy-groups}\nsegmenters: {h: toy-halves}\nmetrics: {r: toy-removing}\n", several=True)
    names = [cell.name for cell in found.cells]
    for place, cell in enumerate(found.cells):
        assert all(names.index(name) < place for name in cell.inputs)


def test_a_component_is_not_multiplied_by_what_it_does_not_use(plan):
    more = (
        "baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}\nsegmenters: {h: toy-halves}\n"
    )
    assert told(plan(more), "explain", "explainer", "baseline", "segmenter") == [("g", "", "")]
    more += "explainers: {g: toy-gradient, ig: toy-path}\n"
    assert told(plan(more), "explain", "explainer", "baseline") == [("g", ""), ("ig", "zero"), ("ig", "one")]


def test_an_imputer_brings_groups_and_its_own_baseline(plan):
    more = """\
explainers: {o: toy-groups}
segmenters: {h: toy-halves, t: {use: toy-halves, params: {columns: 3}}}
imputers: {fill: toy-fill}
baselines: {zero: toy-constant}
"""
    assert told(plan(more), "explain", "segmenter", "imputer", "baseline") == [
        ("h", "fill", "zero"),
        ("t", "fill", "zero"),
    ]


def test_an_absent_section_means_the_default(plan):
    assert told(plan("explainers: {ig: toy-path}\n"), "explain", "baseline") == [("black",)]


def test_pins_win_over_sections(plan):
    more = """\
explainers: {ig: {use: toy-path, baseline: "c[value=1]"}, all: {use: toy-path, baseline: c}}
baselines: {zero: toy-constant, c: {use: toy-constant, grid: {value: [1, 2]}}}
"""
    expected = [("ig", "c[value=1]"), ("all", "c[value=1]"), ("all", "c[value=2]")]
    assert told(plan(more), "explain", "explainer", "baseline") == expected


def test_a_wrapper_needs_what_it_wraps(plan):
    more = "explainers: {w: {use: toy-wrapper, params: {base: toy-path}}, v: toy-wrapper}\n"
    more += "baselines: {zero: toy-constant}\n"
    assert told(plan(more), "explain", "explainer", "baseline") == [("w", "zero"), ("v", "")]


def test_a_metric_that_needs_the_truth_is_left_out_without_it(plan):
    more = "metrics: {inside: toy-inside, size: toy-size}\n"
    assert told(plan(more), "score", "metric") == [("inside",), ("size",)]
    found = plan(more, relevant=False)
    assert told(found, "score", "metric") == [("size",)]
    (skip,) = found.skipped
    assert skip.what == "metric 'inside' on data 'test'"
    assert "no known truth" in skip.why


def test_a_metrics_own_baselines_are_in_its_name(plan):
    more = """\
baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}
segmenters: {h: toy-halves}
imputers: {fill: toy-fill}
metrics: {r: toy-removing, s: {use: toy-removing, baseline: one}}
"""
    found = plan(more)
    assert told(found, "score", "metric", "metric_baseline") == [
        ("r[baseline=zero]", "zero"),
        ("r[baseline=one]", "one"),
        ("s", "one"),
    ]


def test_a_metric_steps_through_the_explanations_own_groups(plan):
    more = """\
explainers: {o: toy-groups, g: toy-gradient}
segmenters: {h: toy-halves, t: {use: toy-halves, params: {columns: 3}}}
imputers: {fill: toy-fill}
baselines: {zero: toy-constant}
metrics: {r: toy-removing}
"""
    assert told(plan(more), "score", "explainer", "segmenter", "metric", "metric_segmenter") == [
        ("o", "h", "r", ""),
        ("o", "t", "r", ""),
        ("g", "", "r[segmenter=h]", "h"),
        ("g", "", "r[segmenter=t]", "t"),
    ]


def test_segmentations_are_shared_by_models_and_by_seeds_that_they_do_not_use(plan):
    assert told(plan(OCCLUSION, several=True), "segment", "model", "seed") == [("", None)]


def test_runs_choose_combinations(plan):
    more = """\
explainers: {g: toy-gradient, ig: {use: toy-path, grid: {steps: [2, 4]}}}
baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}
metrics: {size: toy-size, study: toy-study}
runs:
  - {explainers: ["ig[steps=4]"], baselines: one, metrics: size}
  - {explainers: g, metrics: []}
  - {explainers: g, metrics: study}
"""
    found = plan(more)
    assert told(found, "explain", "explainer", "baseline") == [("ig[steps=4]", "one"), ("g", "")]
    assert told(found, "score", "explainer", "metric") == [("ig[steps=4]", "size"), ("g", "study")]


def test_rows_have_no_segmenter(plan):
    assert told(plan(OCCLUSION, ndim=2), "explain", "segmenter") == [("",)]
    assert plan(OCCLUSION, ndim=2).count("segment") == 0


def test_metrics_over_models_need_two(plan):
    more = "metrics: {agree: toy-agreement}\n"
    assert "compares models" in plan(more).skipped[0].why
    found = plan(more, several=True)
    (one, _) = (cell for cell in found.cells if cell.kind == "compare")
    assert (one.model, one.metric, one.seed) == ("small + other", "agree", 0)
    assert len(one.inputs) == 2


def test_one_metric_over_different_models_is_told_apart(plan, write):
    three = STUDY.replace("seeds: [0, 1]\n", "").replace("models: {", "models: {third: toy_nets:small, ")
    runs = "metrics: {agree: toy-agreement}\nruns: [{models: [small, other]}, {models: [other, third]}]\n"
    found = make_plan(load(write(runs, three), ()), {"test": Facts(True, 4)})
    assert told(found, "compare", "model") == [("small + other",), ("third + other",)]


def test_retraining_needs_a_task(plan):
    assert "use a model 'task:...'" in plan("metrics: {roar: toy-retrained}\n").skipped[0].why


def test_facts_come_from_the_first_sample(write):
    path = write("metrics: {inside: toy-inside}\n", STUDY)
    assert plan_of(load(path)).skipped == ()
    path.write_text(path.read_text().replace("limit: 4", "params: {truth: false}"))
    assert len(plan_of(load(path)).skipped) == 1


@pytest.mark.parametrize(
    ("says", "why"),
    [((), "it has no exact answer"), (("sign",), "it says 'sign'"), (("sign", "share"), None)],
)
def test_a_metric_that_asks_for_what_the_truth_does_not_say_is_left_out(write, says, why):
    path = write("metrics: {asks: {use: share-agreement}}\n", STUDY)
    found = make_plan(load(path, ()), {"test": Facts(False, 4, says)})
    assert found.count("score") == (4 if why is None else 0)
    assert [one.why for one in found.skipped] == ([] if why is None else [f"undefined: it asks 'share', {why}"])
