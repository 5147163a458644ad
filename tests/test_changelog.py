"""CHANGELOG.md is kept by Keep a Changelog: headings that a program can read, the version of the wheels among them."""

import re
from pathlib import Path

import pytest

import xaiplug

TEXT = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
NEXT = "\n## "
RELEASE = re.compile(r"\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})( \[YANKED\])?")


def read(text):
    """Version -> section -> its entries.

    Raises:
        ValueError: a heading or a line that is none of these.
    """
    found = {}
    for line in f"## {text.partition(NEXT)[2]}".splitlines():
        mark, _, rest = line.partition(" ")
        match mark:
            case "##":
                if not (release := RELEASE.fullmatch(rest)) and rest != "[Unreleased]":
                    raise ValueError(f"no version and date: {line}")
                found[release[1] if release else "Unreleased"] = sections = {}
            case "###":
                if rest not in SECTIONS or rest in sections:
                    raise ValueError(f"no section, or twice: {line}")
                sections[rest] = entries = []
            case "-":
                entries.append(rest)
            case "":
                if rest:
                    entries[-1] += line[1:]
            case _:
                if not re.match(r"\[[\w.]+\]: ", line):
                    raise ValueError(f"outside of an entry: {line}")
    return found


def test_what_is_not_released_comes_first_and_releases_go_back():
    first, *released = read(TEXT)
    assert first == "Unreleased"
    assert released == sorted(released, key=lambda name: [int(part) for part in name.split(".")], reverse=True)
    assert not released or released[0] == xaiplug.__version__


def test_every_section_has_entries_and_none_is_there_twice():
    entries = [entry for sections in read(TEXT).values() for lines in sections.values() for entry in lines]
    assert all(lines for sections in read(TEXT).values() for lines in sections.values())
    assert len(set(entries)) == len(entries) > 50


@pytest.mark.parametrize(
    "line", ["## 0.1.0 (unreleased)", "## [0.1.0]", "## [Unreleased]\n\n### News", "## [Unreleased]\n\nwords"]
)
def test_another_form_is_refused(line):
    with pytest.raises(ValueError, match=r"no version|no section|outside"):
        read(f"# Changelog\n\n{line}\n")
