"""`xaiplug list [KIND [NAME]]`: what is installed, what failed, and the fields of one component."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xaiplug.cli.output import on_terminal, table
from xaiplug.errors import RegistryError, did_you_mean, listing
from xaiplug.hookspecs import KINDS

if TYPE_CHECKING:
    from xaiplug.registry import Entry, Plugin, Registry

SHORT = ("kind", "name", "plugin", "summary")
"""What a terminal shows."""

COLUMNS = ("kind", "name", "plugin", "distribution", "version", "summary", "error")


def list_components(
    kind: Annotated[str, typer.Argument(help=", ".join([*(kind.plural for kind in KINDS.values()), "plugins"]))] = "",
    name: Annotated[str, typer.Argument(help="One component: its fields, their types, defaults and meaning.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One array of objects.")] = False,
) -> None:
    """List what the installed plug-ins offer."""
    from xaiplug.registry import registry

    found = registry()
    wanted = _kind(kind) if kind else ""
    if name:
        _detail(found, wanted, name, as_json)
        return
    records = [_record(entry) for one in KINDS if wanted in ("", one) for entry in found.of_kind(one)]
    if wanted in ("", "plugin"):
        records += [_failure(plugin) for plugin in found.failures]
    if as_json:
        typer.echo(json.dumps(records, indent=1))
    elif on_terminal():
        for record in records:
            record["summary"] = record["summary"] or record["error"]
        table(SHORT, ([record[column] for column in SHORT] for record in records))
    else:
        table(COLUMNS, ([record[column] for column in COLUMNS] for record in records))


def _kind(text: str) -> str:
    """`explainers` or `explainer` -> `explainer`."""
    kinds = [*KINDS, "plugin"]
    singular = text.removesuffix("s")
    if singular not in kinds:
        plurals = [*(kind.plural for kind in KINDS.values()), "plugins"]
        raise RegistryError(f"unknown kind '{text}'{did_you_mean(text, plurals)} (kinds: {listing(plurals)})")
    return singular


def _record(entry: Entry) -> dict[str, Any]:
    plugin = entry.plugin
    names = (entry.kind, entry.spec.name, plugin.name, plugin.distribution, plugin.version, entry.spec.summary, "")
    return dict(zip(COLUMNS, names, strict=True))


def _failure(plugin: Plugin) -> dict[str, Any]:
    names = ("plugin", plugin.name, plugin.name, plugin.distribution, plugin.version, "", plugin.error)
    return dict(zip(COLUMNS, names, strict=True))


def _detail(found: Registry, kind: str, name: str, as_json: bool) -> None:
    if kind == "plugin":
        records = [_failure(plugin) for plugin in found.failures if plugin.name == name]
        if not records:
            raise RegistryError(f"no failed plug-in is called '{name}' (see: xaiplug list)")
        typer.echo(json.dumps(records, indent=1) if as_json else f"{name}\t{records[0]['error']}")
        return
    entry = found.find(kind, name)
    described = _record(entry) | _described(entry)
    if as_json:
        typer.echo(json.dumps([described], indent=1))
    else:
        _print(entry, described)


def _described(entry: Entry) -> dict[str, Any]:
    """Needs, fields and paper of one component; this imports its class."""
    from dataclasses import MISSING, fields

    from xaiplug.kinds.fields import field_docs, type_name

    cls = entry.load()
    docs = field_docs(cls)
    listed = [
        {
            "name": field.name,
            "type": type_name(cls, field.name),
            "default": None if field.default is MISSING else as_written(field.default),
            "required": field.default is MISSING,
            "doc": " ".join(docs.get(field.name, "").split()),
        }
        for field in fields(cls)  # type: ignore[arg-type]
    ]
    paper = entry.spec.paper
    needs = "depends on its fields" if isinstance(cls.needs, property) else sorted(cls.needs)
    return {
        "needs": needs,
        "fields": listed,
        "paper": None if paper is None else {"bibtex": paper.bibtex, "title": paper.title, "year": paper.year},
        "doc": (cls.__doc__ or "").strip(),
    }


def as_written(value: Any) -> Any:
    """A default as it is written in a run file."""
    match value:
        case (str() as name, dict() as params):
            return {"use": name, "params": params} if params else name
        case None | bool() | int() | float() | str():
            return value
        case tuple():
            return [as_written(item) for item in value]
    return str(value)


def _print(entry: Entry, described: dict[str, Any]) -> None:
    needs = described["needs"] if isinstance(described["needs"], str) else ", ".join(described["needs"]) or "nothing"
    owner = f"{entry.plugin.name} ({entry.plugin.distribution} {entry.plugin.version})"
    facts = [("name", entry.spec.name), ("kind", entry.kind), ("summary", entry.spec.summary), ("plugin", owner)]
    rows = [*facts, ("needs", needs)]
    if described["paper"]:
        rows.append(("paper", described["paper"]["bibtex"] if on_terminal() else described["paper"]["title"]))
    table(("", ""), rows)
    fields = [
        ("field", f["name"], f["type"], "required" if f["required"] else json.dumps(f["default"]), f["doc"])
        for f in described["fields"]
    ]
    if fields and on_terminal():
        typer.echo()
        table(("field", "type", "default", "meaning"), (row[1:] for row in fields))
    elif fields:
        table((), fields)
