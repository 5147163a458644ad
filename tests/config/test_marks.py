"""YAML with marks."""

import math

import pytest

from xaiplug.config.marks import LARGEST, Document, Dumper, parse, value
from xaiplug.errors import ConfigError, Problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("2.5e+1", 25.0),
        (".5", 0.5),
        ("-3", -3),
        ("010", "010"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("~", None),
        ("", None),
        ("-.inf", -math.inf),
        ("[1, x]", [1, "x"]),
    ],
)
def test_plain_words_are_what_they_look_like(text, expected):
    found = value(text)
    assert found == expected
    assert type(found) is type(expected)


def test_every_key_and_item_has_its_place():
    document = parse("a: 1\nb:\n  - x\n  - {c: 2}\n", "f.yaml")
    assert document.data == {"a": 1, "b": ["x", {"c": 2}]}
    assert document.where(("b", 1, "c")) == "f.yaml:4:6"
    assert document.where(("b", 1, "missing")) == "f.yaml:4:5"
    assert document.where(()) == "f.yaml"


def test_a_key_written_twice_names_both_lines_and_all_are_told():
    with pytest.raises(ConfigError) as caught:
        parse("a: 1\nb: {c: 1, c: 2}\na: 3\n", "f.yaml")
    assert str(caught.value).splitlines() == [
        "f.yaml:2:11: b.c: 'c' is written twice (first in line 2); keep one",
        "f.yaml:3:1: a: 'a' is written twice (first in line 1); keep one",
    ]


def test_mistakes_are_told_in_the_order_of_the_file():
    """Numbers count as numbers; what has no line, such as an override, comes first."""
    places = {("late",): "10:2", ("right",): "9:11", ("left",): "9:3", ("set",): "--set a=1"}
    told = str(Document("f.yaml", {}, places).error([Problem(path, "wrong") for path in places]))
    assert [line.partition(": ")[0] for line in told.splitlines()] == [
        "--set a=1",
        "f.yaml:9:3",
        "f.yaml:9:11",
        "f.yaml:10:2",
    ]


def test_a_merged_key_may_be_overridden():
    document = parse("base: &base {x: 1, y: 2}\nmine: {<<: *base, y: 3}\n", "f.yaml")
    assert document.data["mine"] == {"x": 1, "y": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "f.yaml:1:6: no valid YAML"),
        ("a: !!python/object/apply:os.system ['true']", "f.yaml:1:4: no valid YAML"),
        ("a: !!python/name:os.system", "f.yaml:1:4: no valid YAML"),
        ("a: &a [*a]", "unfolds without end"),
        ("? [1]\n: 2", "a key must be a plain word"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_place(text, message):
    with pytest.raises(ConfigError, match=message.replace("[", r"\[")):
        parse(text, "f.yaml")


def test_a_file_that_unfolds_without_end_is_refused():
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdef", "bcdefg", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    assert LARGEST < 10**6
    with pytest.raises(ConfigError, match="unfolds without end"):
        parse("\n".join(lines), "f.yaml")


def test_what_is_dumped_reads_back_the_same():
    import yaml

    data = {"a": "1e-3", "b": 1e-5, "c": "no", "d": "010", "e": [None, True, "true", 7, "7"], "f": "x: y"}
    assert parse(yaml.dump(data, Dumper=Dumper), "f.yaml").data == data
