"""What each plug-in offers: a page each, and one table of all."""

from __future__ import annotations

import dataclasses
import inspect
import json
from pathlib import Path
from typing import Any

from made.markdown import Raw, code, prose, table
from xaiplug.cli.list_ import as_written
from xaiplug.hookspecs import KINDS
from xaiplug.kinds.fields import field_docs, fields_of, type_name
from xaiplug.registry import Entry, discover

CARDS = Path(__file__).parents[1] / "methods"
PICTURES = CARDS.parent / "pictures" / "plugins"
OURS = ("xaiplug", "xaiplug-")
TITLES = {name: kind.plural.replace("-", " ").capitalize() for name, kind in KINDS.items()}


def pages() -> dict[str, str]:
    """Plug-in -> its page; `index` is the table of all."""
    found = discover()
    if found.failures:
        raise RuntimeError(f"failed to load: {', '.join(plugin.name for plugin in found.failures)}")
    ours = [entry for entry in found.entries if entry.plugin.distribution.startswith(OURS)]
    names = sorted({entry.plugin.name for entry in ours})
    made = {name: _page([entry for entry in ours if entry.plugin.name == name]) for name in names}
    return {"index": _index(ours, names), **made}


def _index(entries: list[Entry], names: list[str]) -> str:
    tree = "\n".join(["```{toctree}", ":hidden:", "", *names, "```"])
    count = len(entries)
    parts = [
        "# Plug-ins and what they offer",
        tree,
        f"{count} components in {len(names)} plug-ins. `xaiplug list` prints this table, and what others add. "
        "`xaiplug list explainers smoothgrad` prints one component with its fields.",
    ]
    for kind, title in TITLES.items():
        rows = [
            [
                Raw(f"[`{one.spec.name}`]({one.plugin.name}.md#{_anchor(one)})"),
                one.plugin.name,
                _cited(one),
            ]
            for one in sorted(entries, key=lambda one: one.spec.name)
            if one.kind == kind
        ]
        if rows:
            parts += [f"## {title}", table(["name", "plug-in", "what it is"], rows)]
    return "\n\n".join(parts) + "\n"


def _page(entries: list[Entry]) -> str:
    plugin = entries[0].plugin
    parts = [f"# {plugin.name}", f"In the wheel `{plugin.distribution}` {plugin.version}."]
    results = Path(__file__).parents[1] / "results" / f"{plugin.name}.md"
    if results.is_file():
        parts.append(f"[What the paper claims, and what held here](../../results/{plugin.name}.md).")
    if (PICTURES / f"{plugin.name}.png").is_file():
        shown = ", ".join(dict.fromkeys(TITLES[one.kind].lower() for one in entries))
        parts.append(f"![Some of its {shown}, drawn](../../pictures/plugins/{plugin.name}.png)")
        parts.append("Drawn by the plug-in itself; the code is `docs/plugin_pictures.py`.")
    for kind, title in TITLES.items():
        offered = sorted((one for one in entries if one.kind == kind), key=lambda one: one.spec.name)
        if offered:
            parts += [f"## {title}", *(_component(one) for one in offered)]
    return "\n\n".join(parts) + "\n"


def _anchor(entry: Entry) -> str:
    return f"{entry.kind}-{entry.spec.name}".replace("+", "-plus")


def _cited(entry: Entry) -> str:
    paper = entry.spec.paper
    return entry.spec.summary + (f" ({paper.authors.split(',')[0]}, {paper.year})" if paper else "")


def _component(entry: Entry) -> str:
    cls = entry.load()
    parts = [f"({_anchor(entry)})=\n### {entry.spec.name}", prose(entry.spec.summary)]
    parts += [_doc(cls, entry.spec.summary), *_facts(entry, cls)]
    docs = field_docs(cls)
    rows = [
        [code(one.name), code(type_name(cls, one.name)), _shown(one.default), docs.get(one.name, "")]
        for one in fields_of(cls)
    ]
    if rows:
        parts.append(table(["field", "type", "default", "what"], rows))
    return "\n\n".join(part for part in parts if part)


def _doc(cls: type[Any], summary: str) -> str:
    """The docstring below its first line, where it has its own."""
    text = inspect.cleandoc(cls.__dict__.get("__doc__") or "")
    first, _, rest = text.partition("\n\n")
    rest = rest if " ".join(first.split()).rstrip(".") == summary.rstrip(".") else text
    return prose(rest.strip())


def _facts(entry: Entry, cls: type[Any]) -> list[str]:
    facts = []
    if (paper := entry.spec.paper) is not None:
        link = paper.url or (f"https://doi.org/{paper.doi}" if paper.doi else "")
        title = f"[{prose(paper.title)}]({link})" if link else f"*{prose(paper.title)}*"
        facts.append(f"**Paper.** {prose(paper.authors)}: {title}, {paper.venue} {paper.year}.")
    needs = getattr(cls, "needs", ())
    if isinstance(needs, property):
        facts.append("**Needs** what its fields ask for.")
    elif needs:
        facts.append(f"**Needs** {', '.join(sorted(needs))}.")
    if isinstance(claims := getattr(cls, "claims", ()), property):
        facts.append("**Claims** what its fields allow.")
    elif claims:
        facts.append(f"**Claims** {', '.join(claims)}; the [kit](../made/kit.md) holds it to them.")
    for check, reason in dict(getattr(cls, "expected_failures", None) or {}).items():
        facts.append(f"**Known to fail** `{check}`: {prose(reason)}")
    if entry.kind == "explainer" and (CARDS / f"{entry.spec.name}.md").is_file():
        facts.append(f"[Its card](../../methods/{entry.spec.name}.md): where it wins, where it loses, what it costs.")
    return facts


def _shown(default: Any) -> Raw:
    return (
        Raw("required") if default is dataclasses.MISSING else code(json.dumps(as_written(default), ensure_ascii=False))
    )
