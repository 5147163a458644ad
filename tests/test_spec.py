"""Specs say in one line what a component is; papers are in `papers.bib`; and nothing is imported to tell them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import xaiplug
from xaiplug import Paper, Spec, papers, registry
from xaiplug.errors import RegistryError

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(path.parent.name for path in [*ROOT.glob("plugins/*/*/papers.bib"), ROOT / "xaiplug" / "papers.bib"])

BIB = """
@article{doe2020a,
  title = {On {Maps}},
  author = {Doe, Jane and Núñez, Ana and others},
  year = {2020},
  journal = {Journal of Maps},
  doi = {10.1/1},
}

@misc{roe2021,
  title = {Of Maps},
  author = {Roe, Richard},
  year = {2021},
  url = {https://example.org/maps},
}
"""

METHOD = '''
import heavy_and_absent

class Other:
    """Another one."""

class Method(
    Other,
    key="a: b",
):
    # said below
    """What it does,
    in two lines: ½.

    And more.
    """

    field = 1
    """Of no class."""

class Bare(Other):
    field = 1
    """Of a field."""

class Empty(Other): ...
"""Of nothing."""

class Computed(Other):
    f"""{heavy_and_absent}"""
'''


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """Makes a package of one name, with `method.py` and a `papers.bib`, that can be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def wheel(name, bib=BIB, method=METHOD):
        (tmp_path / name / "inner").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text("")
        (tmp_path / name / "papers.bib").write_text(bib)
        (tmp_path / name / "method.py").write_text(method)
        (tmp_path / name / "inner" / "__init__.py").write_text("raise SystemError('imported')")
        (tmp_path / name / "inner" / "method.py").write_text(method)
        return name

    return wheel


# The paper.


def test_a_key_is_a_paper_of_the_wheel(wheel):
    package = wheel("spec_one")
    assert Spec("a", f"{package}.method:Method", paper="doe2020a").paper == Paper(
        "On {Maps}", "Doe, Jane and Núñez, Ana and others", 2020, venue="Journal of Maps", doi="10.1/1"
    )
    of_nested = Spec("a", f"{package}.inner.method:Method", paper="roe2021").paper
    assert of_nested == Paper("Of Maps", "Roe, Richard", 2021, url="https://example.org/maps")


def test_a_key_is_else_a_paper_of_the_core(wheel):
    shared = papers.held_by("xaiplug")["zhuo2024"]
    assert Spec("a", f"{wheel('spec_two')}.method:Method", paper="zhuo2024").paper == shared
    assert Spec("a", "no_such_module:A", paper="zhuo2024").paper == shared

    class Local:
        """In a test."""

    assert Spec("a", Local, paper="zhuo2024").paper == shared
    Local.__module__ = "__main__"
    assert Spec("a", Local, paper="zhuo2024").paper == shared


def test_the_wheel_comes_before_the_core(wheel):
    package = wheel("spec_three", BIB.replace("roe2021", "zhuo2024"))
    assert Spec("a", f"{package}.method:Method", paper="zhuo2024").paper.title == "Of Maps"


def test_an_unknown_key_says_where_what_is_near_and_what_to_do(wheel):
    spec = Spec("a", f"{wheel('spec_four')}.method:Method", paper="doe2020")
    with pytest.raises(RegistryError) as told:
        _ = spec.paper
    assert str(told.value) == (
        "no paper 'doe2020' in spec_four/papers.bib or xaiplug/papers.bib; did you mean 'doe2020a'? "
        "(write the key of an entry, or add one to spec_four/papers.bib)"
    )
    with pytest.raises(RegistryError, match=r"in xaiplug/papers\.bib; did you mean 'zhuo2024'"):
        _ = Spec("a", "xaiplug.game.masked:MaskedGame", paper="zhou2024").paper
    with pytest.raises(RegistryError, match=r"no paper 'x' in xaiplug/papers\.bib \(.*, or write out the Paper\)"):
        _ = Spec("a", "textwrap:TextWrapper", paper="x").paper


@pytest.mark.parametrize(
    ("name", "bib", "message"),
    [
        ("cut", "@article{doe2020, title = ", r"papers\.bib is no BibTeX: "),
        (
            "undated",
            "@misc{doe2020, title={A}, author={Doe, J.}}",
            r"'doe2020' needs a title, an author and a year in digits",
        ),
        ("unsigned", "@misc{doe2020, title={A}, year={2020}}", "'doe2020' needs"),
        ("to_come", "@misc{doe2020, title={A}, author={Doe, J.}, year={soon}}", "'doe2020' needs"),
    ],
)
def test_a_file_that_is_no_bibtex_says_so(wheel, name, bib, message):
    with pytest.raises(RegistryError, match=message):
        _ = Spec("a", f"{wheel(f'spec_{name}', bib)}.method:Method", paper="doe2020").paper


# The summary.


@pytest.mark.parametrize(
    ("cls", "summary"),
    [("Method", "What it does, in two lines: ½."), ("Other", "Another one."), ("Bare", ""), ("Empty", "")],
)
def test_a_summary_is_the_first_paragraph_of_the_docstring(wheel, cls, summary):
    assert Spec("a", f"{wheel(f'spec_doc_{cls.lower()}')}.method:{cls}").summary == summary


def test_of_a_class_too():
    class Local:
        """What it does,
        in two lines.

        And more.
        """

    class Bare: ...

    assert Spec("a", Local).summary == "What it does, in two lines."
    assert Spec("a", Bare).summary == ""


@pytest.mark.parametrize(
    "factory",
    [
        "no_such_module:A",
        "no_such_module.inner:A",
        "json.no_such_module:A",
        "json.decoder:NoSuchClass",
        "json.decoder",
        "textwrap.inner:A",
        "math:A",
        "spec_broken.method:Method",
        "spec_broken.inner:Method",
        "spec_computed.method:Computed",
    ],
)
def test_what_cannot_be_read_has_no_summary_and_stops_no_listing(wheel, factory):
    wheel("spec_broken", method='class Method(A:\n  """Open.')
    wheel("spec_computed")
    assert Spec("a", factory).summary == ""


IMPORTS_NOTHING = """
import json, sys
from xaiplug import Spec
specs = [Spec("a", "spec_light.inner.method:Method"), Spec("b", "xaiplug.game.masked:MaskedGame", paper="zhuo2024")]
told = [spec.summary for spec in specs]
spec = specs[1].paper.title
print(json.dumps([told, [name for name in {names!r} if name in sys.modules]]))
"""


def test_a_summary_and_a_paper_import_no_module(wheel, tmp_path):
    wheel("spec_light")
    names = ["spec_light", "spec_light.inner", "spec_light.inner.method", "xaiplug.game", "torch", "numpy"]
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_NOTHING.format(names=names)],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    told, imported = json.loads(done.stdout)
    assert told[0] == "What it does, in two lines: ½."
    assert told[1]
    assert imported == []


# The form that third parties have.


def test_a_summary_and_a_paper_that_are_written_out_stay_as_they_are():
    class Local:
        """Not this."""

    paper = Paper("On toys", "Toy, T. and Boy, B.", 2020, venue="Toys")
    by_place = Spec("a", Local, "A.", paper)
    assert (by_place.name, by_place.factory, by_place.summary, by_place.paper) == ("a", Local, "A.", paper)
    assert by_place == Spec(name="a", factory=Local, summary="A.", paper=paper)
    assert Spec("a", "no_such_module:A", "A.").summary == "A."
    assert Spec("a", Local, "A.").paper is None
    assert xaiplug.Spec is Spec


def test_specs_are_values():
    spec = Spec("a", "json.decoder:JSONDecoder", paper="zhuo2024")
    assert len({spec, Spec("a", "json.decoder:JSONDecoder", paper="zhuo2024"), Spec("b", "json.decoder:A")}) == 2
    with pytest.raises(AttributeError):
        spec.name = "b"
    with pytest.raises(AttributeError):
        spec.summary = "b"


# The house.


def ours() -> list[Spec]:
    return [entry.spec for entry in registry.discover().entries if entry.plugin.distribution.startswith("xaiplug")]


def test_every_key_is_in_a_file():
    keys = {spec.name: spec.paper for spec in ours() if isinstance(spec.cited, str)}
    assert len(keys) > 50
    assert all(keys.values())


def test_every_paper_is_cited_and_named_as_its_bibtex_is():
    cited = {spec.paper for spec in ours()}
    for package in PACKAGES:
        for key, paper in papers.held_by(package).items():
            assert paper in cited, f"{package}/papers.bib: {key}"
            assert paper.bibtex.partition("{")[2].partition(",")[0] == key.rstrip("abc")


def test_no_paper_is_in_two_files():
    held = [(key, paper.title.lower()) for package in PACKAGES for key, paper in papers.held_by(package).items()]
    assert len(held) == len({key for key, _ in held}) == len({title for _, title in held})


def test_a_paper_that_several_wheels_cite_is_the_core_s():
    wheels: dict[str, set[str]] = {}
    for spec in ours():
        if isinstance(spec.cited, str) and isinstance(spec.factory, str):
            wheels.setdefault(spec.cited, set()).add(spec.factory.partition(".")[0])
    assert {key for key, packages in wheels.items() if len(packages) > 1} == set(papers.held_by("xaiplug"))


def test_every_component_of_ours_says_what_it_is_in_its_docstring():
    for spec in ours():
        assert 0 < len(spec.summary) <= 120, spec
        assert spec.told in ("", spec.load().__doc__.split("\n\n")[0]), spec  # a generated class has no source


@pytest.mark.slow
def test_what_is_read_is_what_python_reads():
    for spec in ours():
        assert spec.summary == " ".join((spec.load().__doc__ or "").split("\n\n")[0].split()), spec
