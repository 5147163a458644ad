"""`xaiplug claims`: run, judged, kept, shown."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from xaiplug.claims import gather as gathering
from xaiplug.claims import run as running
from xaiplug.claims.gather import claims_of, gather
from xaiplug.claims.judged import FILE, stored
from xaiplug.claims.names import unknown
from xaiplug.claims.report import filled, pages, told
from xaiplug.cli import main
from xaiplug.config import load
from xaiplug.errors import ConfigError
from xaiplug.registry import Plugin

ROOT = Path(__file__).parents[2]

RUN = """\
version: 1
name: toy
models:
  small: {use: "toy_nets:small"}
  other: {use: "toy_nets:small", params: {seed: 1}}
data:
  test: {use: "toy_nets:images", params: {n: 12}}
explainers:
  once: {use: toy-gradient}
  twice: {use: toy-gradient, params: {factor: 2.0}}
  never: {use: toy-broken}
metrics:
  size: {use: sized}
runs: [{explainers: [once, twice]}]
plugins: {files: [toy_plugin.py, sized.py]}
"""

SIZED = '''
import xaiplug
from xaiplug.data.result import MetricResult

class Sized(xaiplug.Metric):
    """Mean absolute attribution."""

    def measure(self, query, explanation):
        return MetricResult(explanation.attribution.abs().flatten(1).mean(1), better="higher")

@xaiplug.hookimpl
def xaiplug_metrics():
    return [xaiplug.Spec("sized", Sized, "Size.")]
'''

CLAIMS = """\
version: 1
paper: doe2020
claims:
  - id: larger
    where: Table 1
    claim: twice is | larger than once
    statement: {better: {a: twice, b: once, metric: size}}
    printed: {twice: 2, once: 1}
    run: toy.yaml
    note: On toys.
  - id: smaller
    where: Table 1
    claim: once is larger
    statement: {better: {a: once, b: twice, metric: size}}
    run: toy.yaml
  - id: broken
    where: Fig. 1
    claim: never works
    statement: {better: {a: never, b: once, metric: size}}
    run: toy.yaml
    set: ["runs=[{explainers: [once, never]}]"]
  - id: elsewhere
    where: Fig. 2
    claim: needs data
    statement: {better: {a: twice, b: once, metric: size}}
    run: toy.yaml
    set: ["data.test.use=folder:$XAIPLUG_DATA/photos"]
  - {id: sums, where: Lemma 1, claim: sums up, statement: {exact: test_toy.py::test_sum}}
  - {id: linear, where: Lemma 2, claim: is linear, statement: {refuted: test_toy.py::test_not_linear}}
  - {id: looks, where: Fig. 3, claim: looks good, statement: {not-to-be-had: pictures}}
"""
TESTS = "def test_sum():\n    assert 1 + 1 == 2\n\n\ndef test_not_linear():\n    assert 2**2 != 2 * 2 or True\n"
VERDICTS = ["undecided", "undecided", "undecided", "undecided", "held", "did-not-hold", "not-to-be-had"]


@pytest.fixture
def shipped(here, monkeypatch):
    """The working directory is the source of a plug-in with claims, and the only one."""
    monkeypatch.delenv("XAIPLUG_DATA", raising=False)
    files = {"pyproject.toml": "", "toy.yaml": RUN, "test_toy.py": TESTS, "sized.py": SIZED, "toy/claims.yaml": CLAIMS}
    for name, text in files.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)

    def papers(name=""):
        return [claims_of(Plugin("toy", "toy", "1", load=object, package="toy"), here / "toy" / "claims.yaml")]

    monkeypatch.setattr(gathering, "gather", papers)
    return here


@pytest.fixture
def claims(shipped, capsys):
    """Run `xaiplug claims`; its exit code, stdout and stderr."""

    def ran(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(["claims", *arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out, err=err, lines=out.splitlines())

    return ran


def test_without_a_run_there_is_what_tests_decide_and_nothing_made_up(claims):
    done = claims("--json")
    records = json.loads(done.out)
    assert done.code == 0
    assert [record["verdict"] for record in records] == VERDICTS
    wanted = {"id", "paper", "where", "statement", "verdict", "why", "command"}
    assert all(wanted <= set(record) for record in records)
    assert records[0]["why"] == "not run here. On toys."
    assert records[0]["command"] == "xaiplug claims larger --run"
    assert records[0]["statement"] == {"better": {"a": ["twice"], "b": ["once"], "metric": ["size"]}}
    assert records[6] | {"why": "pictures", "command": ""} == records[6]
    assert len(claims().lines) == 7


def test_a_run_is_judged_and_kept_and_shared_by_claims(claims, shipped):
    assert json.loads(claims("larger", "--run", "--json").out)["verdict"] == "held"
    assert json.loads(claims("larger", "--json").out)["verdict"] == "undecided"
    done = json.loads(claims("larger", "--run", "--write", "--json").out)
    again = json.loads(claims("larger", "--json").out)
    assert again == done
    assert (done["n"], len(done["choices"]["holds"]), done["versions"].keys()) == (12, 2, {"xaiplug", "torch"})
    assert json.loads(claims("smaller", "--run", "--write", "--json").out)["verdict"] == "did-not-hold"
    assert [path.name for path in (shipped / "runs" / "claims").iterdir()] == ["toy"]
    assert list(json.loads((shipped / "toy" / FILE).read_text())) == ["larger", "smaller"]


def test_a_verdict_does_not_outlive_its_claim_or_its_run_file(claims, shipped):
    claims("larger", "--run", "--write")
    (shipped / "toy.yaml").write_text(RUN.replace("n: 12", "n: 11"))
    record = json.loads(claims("larger", "--json").out)
    assert record["verdict"] == "undecided"
    assert "changed since" in record["why"]
    (shipped / "toy.yaml").write_text(RUN)
    assert json.loads(claims("larger", "--json").out)["verdict"] == "held"
    text = CLAIMS.replace(
        "{a: twice, b: once, metric: size}}\n    printed", "{a: once, b: twice, metric: size}}\n    printed"
    )
    (shipped / "toy" / "claims.yaml").write_text(text)
    assert json.loads(claims("larger", "--json").out)["verdict"] == "undecided"


def test_what_cannot_be_run_is_told_and_the_others_go_on(claims):
    done = claims("--run", "--json")
    verdicts = {record["id"]: record["verdict"] for record in json.loads(done.out)}
    assert done.code == 1
    assert (verdicts["larger"], verdicts["smaller"]) == ("held", "did-not-hold")
    assert "elsewhere: --set data.test.use=folder:$XAIPLUG_DATA/photos: needs the folder of your data" in done.err


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "{a: twice, b: once, metric: size}}\n    printed",
            "{a: twic, b: once, metric: size}}\n    printed",
            "no explainer 'twic'",
        ),
        ("b: once, metric: size}}\n    printed", "b: once @ big, metric: size}}\n    printed", "no model 'big'"),
        ("metric: size}}\n    printed", "metric: siez}}\n    printed", "no metric 'siez'.*did you mean 'size'"),
        ("metric: size}}\n    printed", "metric: size, data: train}}\n    printed", "no data set 'train'"),
    ],
)
def test_what_the_run_file_lacks_is_told_before_anything_is_run(claims, shipped, old, new, message):
    (shipped / "toy" / "claims.yaml").write_text(CLAIMS.replace(old, new))
    done = claims("larger", "--run")
    assert done.code == 1
    assert re.search(f"larger: claim 'larger' \\(toy.yaml\\): {message}", done.err)
    assert not (shipped / "runs").exists()


def test_cells_that_failed_leave_it_undecided(claims):
    record = json.loads(claims("broken", "--run", "--json").out)
    assert record["verdict"] == "undecided"
    assert "cells of its run failed: " in record["why"]


def test_tests_are_run_and_a_failing_one_decides_nothing(claims, shipped):
    assert json.loads(claims("sums", "--run", "--json").out)["verdict"] == "held"
    (shipped / "test_toy.py").write_text(TESTS.replace("== 2\n", "== 3\n", 1))
    record = json.loads(claims("sums", "--run", "--json").out)
    assert (record["verdict"], record["why"][:15]) == ("undecided", "its tests fail:")


def test_without_pytest_a_test_is_no_verdict(shipped, monkeypatch):
    monkeypatch.setattr(running.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install pytest"):
        running._told(["test_toy.py::test_sum"], shipped)


def test_markdown_is_escaped_and_pages_are_filled(claims, shipped):
    results = shipped / "docs" / "results" / "toy.md"
    results.parent.mkdir(parents=True)
    results.write_text("<!-- claims toy -->\n<!-- /claims -->\n")
    (shipped / "README.md").write_text(
        "a\n<!-- claims toy -->\nfrom before\n<!-- /claims -->\nb\n<!-- claims -->\n<!-- /claims -->\n"
    )
    done = claims("--markdown", "--write")
    assert (
        "| larger | Table 1 | twice is \\| larger than once | twice: 2, once: 1 | undecided | not run here. On toys. |"
        in done.out
    )
    text = (shipped / "README.md").read_text()
    assert done.out.strip() in text
    assert "from before" not in text
    assert "| toy | 1: Lemma 1 | 1: Lemma 2 |  | 4: Table 1; Fig. 1; Fig. 2 | 1: Fig. 3 |" in text
    assert text.startswith("a\n<!-- claims toy -->\n| claim")
    assert done.out.strip() in results.read_text()
    assert claims("--markdown", "--write").err == ""


def test_one_claim_is_shown_whole(claims):
    claims("larger", "--run", "--write")
    lines = claims("larger").lines
    assert "verdict\theld" in lines
    assert "holds\tmodel other / model small" in lines


def test_verdicts_that_are_none_are_an_error(claims, shipped):
    for text in ("[]", "{", '{"larger": {"verdict": "sure", "why": "", "of": "1"}}', '{"larger": {}}'):
        (shipped / "toy" / FILE).write_text(text)
        done = claims()
        assert (done.code, "no verdicts" in done.err) == (2, True), text


def test_only_one_form_at_a_time(claims):
    assert claims("--json", "--markdown").code == 2


# What this repository ships.


def test_the_tables_of_the_documents_are_up_to_date():
    papers = gather()
    found = told([(paper, claim) for paper in papers for claim in paper.claims], {})
    stale = [path for path in pages(papers, ROOT) if filled(path.read_text(), found) != path.read_text()]
    assert stale == [], "xaiplug claims --write"


@pytest.mark.parametrize("paper", gather(), ids=lambda paper: paper.plugin)
def test_every_verdict_that_is_kept_is_of_a_claim_that_is_there(paper):
    kept = json.loads(file.read_text()) if (file := paper.file.with_name(FILE)).is_file() else {}
    runnable = {claim.id for claim in paper.claims if claim.run}
    assert set(kept) <= runnable
    assert [name for name, judged in stored(paper).items() if "changed since" in judged.why] == []


MISSING = ("no file or folder", "no folder", "is not there", "XAIPLUG_DATA")
RUNS: dict[str, list] = {}
for _paper in gather():
    for _claim in _paper.claims:
        if _claim.run:
            RUNS.setdefault(f"{_paper.plugin}/{Path(running.folder_of(_claim)).name}", []).append((_paper, _claim))


@pytest.mark.parametrize("claims", RUNS.values(), ids=RUNS)
def test_run_files_have_what_claims_name(claims, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paper, first = claims[0]
    try:
        config = load(paper.source / first.run, [running._placed(setting) for setting in first.settings])
    except ConfigError as error:
        wrong = [line for line in str(error).splitlines() if not any(text in line for text in MISSING)]
        assert wrong == []
        pytest.skip("its data is not here")
    assert [told for _, claim in claims for told in unknown(claim.statement.measured, config)] == []
