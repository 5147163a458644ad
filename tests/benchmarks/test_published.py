"""Which published implementations keep what they claim: known outcomes, violators that are caught, and the page."""

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAD = """
def plain(x, y):
    return x * y[:, None, None, None]


def leaning(x, y):
    return x / x.mean()


def sized(x, y):
    return x * len(x)


def drawing(x, y):
    return x + torch.rand(len(x), 1, 1, 1).flip(0)


def unseeded(x, y):
    return x + torch.rand(x.shape, generator=torch.Generator().manual_seed(random.SystemRandom().getrandbits(32)))


def moving(x, y):
    return x + 0 * np.random.rand()


def training(x, y):
    net.eval(), net.head.register_forward_hook(print)
    net.zero_grad()
    return x


def writing(x, y):
    x += 1
    return x


def shares(x, y):
    return torch.full_like(x, change(net, x, y) / x.numel())
"""


@pytest.fixture
def published(monkeypatch):
    """A module of the benchmark, by name."""
    monkeypatch.syspath_prepend(str(ROOT))
    before = set(sys.modules)
    yield lambda name: importlib.import_module(f"benchmarks.published.{name}")
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "benchmarks":
            del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "property_", "verdict", "note"),
    [
        ("plain", "batch", "keeps", ""),
        ("plain", "untouched", "keeps", ""),
        ("plain", "random state", "keeps", ""),
        ("plain", "seeds", "keeps", "nothing is drawn"),
        ("plain", "completeness", "does not", "off by"),
        ("plain", "dummy", "does not", "of the largest value"),
        ("leaning", "batch", "does not", "hangs on its neighbours"),
        ("sized", "batch", "does not", "hangs on the size of the batch"),
        ("drawing", "batch", "other draws", ""),
        ("drawing", "seeds", "keeps", ""),
        ("drawing", "random state", "does not", "moves torch's"),
        ("unseeded", "seeds", "does not", "apart"),
        ("unseeded", "batch", "cannot be told", "another answer"),
        ("moving", "random state", "does not", "moves numpy's"),
        ("training", "untouched", "does not", ".grad, hooks, training"),
        ("writing", "untouched", "does not", "input"),
        ("shares", "completeness", "keeps", ""),
        ("missing", "batch", "cannot be told", "NameError"),
    ],
)
def test_a_fake_is_told_as_what_it_is(published, name, property_, verdict, note):
    subjects, checks = published("subjects"), published("checks")
    claim = subjects.Claim("the test")
    subject = subjects.Subject(name, f"{name}(x, y)", completeness=claim, dummy=claim)
    found = checks.find(subjects.Library("fake", (), HEAD, (subject,)), subject, property_)
    assert found.verdict == verdict
    assert note in found.note


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("Saliency", ["not claimed", "keeps", "keeps", "keeps", "keeps", "keeps"]),
        ("DeepLift", ["keeps"] * 6),
        ("DeepLift, a drawn baseline", ["does not", *["keeps"] * 5]),
        ("FeaturePermutation", ["not claimed", "keeps", "does not", "keeps", "keeps", "does not"]),
        ("LRP", ["does not", "keeps", "keeps", "does not", "keeps", "keeps"]),
    ],
)
def test_some_of_captum(published, name, told):
    checks, library = published("checks"), published("of_captum").LIBRARY
    subject = next(subject for subject in library.subjects if subject.name == name)
    assert [checks.find(library, subject, name).verdict for name in checks.PROPERTIES] == told


def test_the_page_has_the_lines_that_were_run(published, tmp_path):
    known = json.loads((ROOT / "benchmarks" / "published" / "found.json").read_text())
    checks, page = published("checks"), published("page")
    page.write(tmp_path / "page.md", list(known.values()))
    written = (ROOT / "docs" / "results" / "published.md").read_text()
    assert (tmp_path / "page.md").read_text() == written
    for key, found in known.items():
        library = published(f"of_{key}").LIBRARY
        assert [row["name"] for row in found["rows"]] == [subject.name for subject in library.subjects]
        for subject, row in zip(library.subjects, found["rows"], strict=True):
            for name, finding in row["findings"].items():
                if finding["verdict"] == checks.BROKEN:
                    names = (name, "neighbours") if name == "batch" else (name,)
                    assert tuple(finding["lines"]) in [checks.lines(library, subject, one) for one in names]
                    assert len(finding["lines"]) == 3
        for name, row, others in page.groups(found["rows"]):
            *_, last = row["findings"][name]["lines"]
            assert f"{last}  # {row['findings'][name]['shown']}\n" in written
            assert all(f"\n| {other} | `" in written for other in others)
