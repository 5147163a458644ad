"""YAML as plain data that remembers where every key and item stood."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from xaiplug.errors import ConfigError, Problem

Key = tuple[str | int, ...]
"""A path of mapping keys and list indices into the data."""

LARGEST = 100_000
"""Nodes in one file, aliases followed: a file that unfolds without end is refused."""

LONGEST = 10_000_000
"""Signs in one file."""

DEEPEST = 50
"""Mappings and lists inside of each other."""


@dataclass(frozen=True)
class Document:
    """Data read from a file (or a name for it), and `line:col` or an override for each path."""

    file: str
    data: Any
    marks: Mapping[Key, str] = field(default_factory=dict)

    def where(self, path: Key) -> str:
        """`file:line:col` of the nearest mark at or above `path`; an override is named as it was written."""
        for length in range(len(path), -1, -1):
            if (mark := self.marks.get(path[:length])) is not None:
                return mark if mark.startswith("--set") else f"{self.file}:{mark}"
        return self.file

    def error(self, problems: list[Problem]) -> ConfigError:
        """All `problems` as one error: a line each, in the order of the file."""
        located = sorted(((self.where(problem.path), problem) for problem in problems), key=lambda p: _order(p[0]))
        lines = dict.fromkeys(f"{where}: {problem}" for where, problem in located)
        return ConfigError("\n".join(lines))


def read(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        ConfigError: no such file, no YAML, or a key written twice; every one of those.
    """
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(LONGEST + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(f"{path}: cannot be read: {reason}") from error
    except ValueError as error:  # a path with a NUL
        raise ConfigError(f"{str(path)!r}: cannot be read: {error}") from error
    if len(text) > LONGEST:
        raise ConfigError(f"{path}: is longer than a run file may be ({LONGEST} signs)")
    return parse(text, str(path))


def parse(text: str, file: str) -> Document:
    """Like `read`, from text."""
    try:
        return _Reader(text, file).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else file
        raise ConfigError(f"{where}: no valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: no valid YAML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{file}: nested too deeply; {DEEPEST} levels are read") from error


def value(text: str) -> Any:
    """One YAML value, as after `--set path=`."""
    return parse(text, "--set").data


class _Loader(yaml.SafeLoader):
    """Safe, and with the plain scalars of YAML 1.2: `1e-3` is a float; `no`, `1:30` and `2024-01-01` are strings."""

    yaml_implicit_resolvers = {}


class Dumper(yaml.SafeDumper):
    """Writes what `_Loader` reads: strings that look like its numbers are quoted."""

    yaml_implicit_resolvers = {
        sign: list(resolvers) for sign, resolvers in yaml.SafeDumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: Any) -> bool:
        return True


_EXPONENT = r"[eE][-+]?[0-9]+"
_FLOAT = rf"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:{_EXPONENT})?|[0-9]+{_EXPONENT}|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
for _class in (_Loader, Dumper):
    _class.add_implicit_resolver(
        "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
    )
    _class.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
    _class.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{_FLOAT})$"), list("-+.0123456789"))
    _class.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
    _class.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"^<<$"), ["<"])


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.loader = _Loader(text)
        self.marks: dict[Key, str] = {}
        self.problems: list[Problem] = []
        self.nodes = 0

    def document(self) -> Document:
        try:
            node = self.loader.get_single_node()
            data = None if node is None else self._built(node, (), ())
        finally:
            self.loader.dispose()
        document = Document(self.file, data, self.marks)
        if self.problems:
            raise document.error(self.problems)
        return document

    def _built(self, node: Node, path: Key, inside: tuple[int, ...]) -> Any:
        self.nodes += 1
        if self.nodes > LARGEST or id(node) in inside:
            raise yaml.composer.ComposerError(None, None, "an alias that unfolds without end", node.start_mark)
        if len(inside) > DEEPEST:
            raise yaml.composer.ComposerError(None, None, f"nested deeper than {DEEPEST} levels", node.start_mark)
        inside = (*inside, id(node))
        match node:
            case MappingNode(tag="tag:yaml.org,2002:map"):
                return self._mapping(node, path, inside)
            case SequenceNode(tag="tag:yaml.org,2002:seq"):
                return [self._marked(item, (*path, i), item, inside) for i, item in enumerate(node.value)]
            case ScalarNode():
                return self._scalar(node)
        raise yaml.composer.ComposerError(
            None, None, f"'{node.tag}' is not read here; plain mappings, lists and words are", node.start_mark
        )

    def _mapping(self, node: MappingNode, path: Key, inside: tuple[int, ...]) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name = self._key(key)
            if name in seen:
                self.marks[(*path, name)] = _mark(key)
                first = f"'{name}' is written twice (first in line {seen[name]}); keep one"
                self.problems.append(Problem((*path, name), first))
            seen.setdefault(name, key.start_mark.line + 1)
        self.loader.flatten_mapping(node)
        built = {}
        for key, item in node.value:
            name = self._key(key)
            built[name] = self._marked(key, (*path, name), item, inside, keep=bool(self.problems))
        return built

    def _marked(self, at: Node, path: Key, node: Node, inside: tuple[int, ...], *, keep: bool = False) -> Any:
        if not (keep and path in self.marks):
            self.marks[path] = _mark(at)
        return self._built(node, path, inside)

    def _key(self, node: Node) -> Any:
        if not isinstance(node, ScalarNode):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a plain word", node.start_mark)
        return self._scalar(node)

    def _scalar(self, node: ScalarNode) -> Any:
        """A word as what its tag says; a tag may say what the word is not."""
        try:
            return self.loader.construct_object(node)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
            kind, word = node.tag.rpartition(":")[2], node.value if len(node.value) < 40 else f"{node.value[:37]}..."
            told = f"'{word}' cannot be read as {kind}"
            raise yaml.constructor.ConstructorError(None, None, told, node.start_mark) from error


def _mark(node: Node) -> str:
    return f"{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _order(where: str) -> tuple[int, int, str]:
    numbers = re.search(r":(\d+):(\d+)$", where)
    return (int(numbers[1]), int(numbers[2]), "") if numbers else (0, 0, where)
