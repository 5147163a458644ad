"""What is read of `claims.yaml`, and what is refused."""

import textwrap

import pytest

from xaiplug.claims.gather import claims_of, file_of, gather, one
from xaiplug.claims.source import source_of
from xaiplug.errors import ConfigError
from xaiplug.registry import Plugin

SOUND = """
version: 1
paper: doe2020
claims:
  - id: table-1
    where: Table 1
    claim: a is better than b
    statement: {better: {a: a, b: b, metric: deletion}}
    run: experiments/run.yaml
  - id: lemma-1
    where: Lemma 1
    claim: a sums to the score
    statement: {exact: [tests/test_a.py::test_sum, "tests/test_a.py::TestA::test_sum[1]"]}
  - {id: fig-1, where: Fig. 1, claim: a looks good, statement: {not-to-be-had: pictures}}
"""
TESTS = "def test_sum():\n    pass\n\n\nclass TestA:\n    def test_sum(self):\n        pass\n"


@pytest.fixture
def shipped(tmp_path):
    """Reads a `claims.yaml` that a plug-in of a source tree ships."""
    for name, text in {"pyproject.toml": "", "experiments/run.yaml": "", "tests/test_a.py": TESTS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    file = tmp_path / "package" / "claims.yaml"
    file.parent.mkdir()

    def read(text):
        file.write_text(text)
        return claims_of(Plugin("mine", "mine", "1", load=object, package="package"), file)

    return read


def test_a_sound_file(shipped):
    paper = shipped(SOUND)
    assert [claim.id for claim in paper.claims] == ["table-1", "lemma-1", "fig-1"]
    assert paper.claims[0].statement.measured.pairs == [("a", "b")]
    assert paper.source == paper.file.parents[1]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "where: Table 1",
            "were: Table 1",
            r"claims.yaml:6:5: claims.0.were: unknown key 'were'; did you mean 'where'",
        ),
        ("better:", "best:", "claims.0.statement.best: unknown key 'best'; did you mean 'better'"),
        ("metric: deletion", "metrics: deletion", "claims.0.statement.better.metrics: unknown key"),
        ("metric: deletion", "metric: []", "claims.0.statement.better.metric: is empty"),
        ("a: a, b: b", "a: [a, c], b: [b, c, d]", "a and b must have one length"),
        (
            "experiments/run.yaml",
            "experiments/none.yaml",
            r"claims.yaml:9:5: claims.0.run: there is no run file .*none",
        ),
        ("    run: experiments/run.yaml\n", "", "claims.0: needs a run file"),
        ("test_a.py::test_sum", "test_a.py::test_some", "claims.1.statement.exact: there is no 'test_some' in"),
        ("TestA::test_sum", "TestA::test_some", "there is no 'test_some' in"),
        ("tests/test_a.py::test_sum", "tests/test_b.py::test_sum", "there is no file"),
        ("tests/test_a.py::test_sum", "tests/test_a.py", "is no test; write"),
        ("{not-to-be-had: pictures}", "{}", "give exactly one of better, larger, equal"),
        (
            "{not-to-be-had: pictures}",
            "{not-to-be-had: pictures, exact: a}",
            "give exactly one of better, larger, equal",
        ),
        ("id: fig-1", "id: table-1", "the id 'table-1' is given twice"),
        ("id: fig-1", "id: Fig 1", "claims.2.id"),
        ("{better: {a: a, b: b, metric: deletion}}", "{value: {method: a, metric: b}}", "give one of printed"),
        (
            "{better: {a: a, b: b, metric: deletion}}",
            "{value: {method: a, metric: b, printed: 1}}",
            "printed and tolerance go together",
        ),
        ("{better: {a: a, b: b, metric: deletion}}", "{equal: {a: a, b: b, metric: c}}", "within: is missing"),
        ("{better: {a: a, b: b, metric: deletion}}", "{equal: {a: a, b: b, metric: c, within: .inf}}", "finite"),
    ],
)
def test_violators(shipped, old, new, message):
    assert old in SOUND
    with pytest.raises(ConfigError, match=message):
        shipped(SOUND.replace(old, new, 1))


def test_all_problems_at_once(shipped):
    with pytest.raises(ConfigError) as error:
        shipped(SOUND.replace("where: Table 1", "were: 1").replace("better:", "best:"))
    assert len(str(error.value).splitlines()) >= 3


def test_an_installed_wheel_has_no_source_and_its_run_files_are_not_asked_for(tmp_path):
    file = tmp_path / "a" / "b" / "c" / "d" / "claims.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(SOUND)
    assert source_of(file) is None
    assert claims_of(Plugin("mine", "mine", "1", load=object), file).source is None


def test_a_single_file_may_have_claims_beside_it(tmp_path):
    path = tmp_path / "mine.py"
    plugin = Plugin("mine", str(path), "1", load=object)
    assert file_of(plugin) is None
    path.with_suffix(".claims.yaml").write_text(textwrap.dedent(SOUND))
    assert file_of(plugin) == path.with_suffix(".claims.yaml")


def test_papers_go_by_their_plugin_and_by_their_key():
    assert gather("superpixel") == gather("gong2024") == [p for p in gather() if p.plugin == "superpixel"]
    with pytest.raises(ConfigError, match="no claims of a paper 'superpixl'; did you mean 'superpixel'"):
        gather("superpixl")


def test_a_claim_goes_by_its_id():
    assert one(gather(), "superpixel-prop-1")[1].where == "Prop. 1"
    with pytest.raises(ConfigError, match="no claim 'superpixel-prop-7'; did you mean"):
        one(gather(), "superpixel-prop-7")
