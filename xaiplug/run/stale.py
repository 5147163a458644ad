"""Why cells that were computed must be computed again: the parts of their addresses, compared with the last plan's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xaiplug.run.cells import Cell
from xaiplug.run.key import Leaves
from xaiplug.run.store import Store

Entries = Mapping[str, dict[str, Any]]
Addressed = tuple[Entries, Mapping[str, Leaves]]
"""Entries of a plan by id, and the parts that their addresses are made of by digest."""


@dataclass(frozen=True)
class Stale:
    """Something that changed, and how many finished cells of the last plan it makes stale."""

    why: str
    cells: int

    def __str__(self) -> str:
        return f"{self.why}: {self.cells} {'cell' if self.cells == 1 else 'cells'}"


def stale(store: Store, before: Addressed, now: Addressed) -> list[Stale]:
    """What changed between two plans of one run, the most cells first.

    Stale is a cell that was finished under the last plan and has another id, not finished, in this one. A cell that
    changed only because its inputs did has their reasons.
    """
    last = {Cell.of(entry | {"inputs": ()}).name: entry for entry in before[0].values()}
    reasons: dict[str, tuple[str, ...]] = {}
    counted: dict[str, int] = {}
    for cell, entry in now[0].items():
        was = last.get(Cell.of(entry | {"inputs": ()}).name)
        if was is None or was["id"] == cell:
            continue
        own = dict.fromkeys(_changes(entry, _leaves(was, before[1]), _leaves(entry, now[1])))
        for wanted in entry["inputs"]:
            own |= dict.fromkeys(reasons.get(wanted, ()))
        reasons[cell] = tuple(own)
        if store.finished(was["id"]) and not store.finished(cell):
            why = " and ".join([*list(own)[:2], *([f"{len(own) - 2} things more"] if len(own) > 2 else [])])
            why = why or "what it is made of"
            counted[why] = counted.get(why, 0) + 1
    return [Stale(f"{why} changed", cells) for why, cells in sorted(counted.items(), key=lambda item: -item[1])]


def _leaves(entry: Mapping[str, Any], parts: Mapping[str, Leaves]) -> dict[tuple[str, str], str]:
    """(role, name) -> value, of everything that an address is made of."""
    roles = entry.get("parts", {}).items()
    return {(role, name): value for role, short in roles for name, value in parts.get(short, {}).items()}


def _changes(
    entry: Mapping[str, Any], before: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str]
) -> Iterator[str]:
    changed = [leaf for leaf in dict.fromkeys([*now, *before]) if before.get(leaf) != now.get(leaf)]
    explained = any(role in ("model", "data") for role, _ in changed)  # why other answers were given
    for role, name in changed:
        if role != "answers" or not explained:
            yield f"{name} {_owner(role, entry)}" if name.endswith(" of") else name


def _owner(role: str, entry: Mapping[str, Any]) -> str:
    """Who plays a role of a cell, by its name in the run file."""
    kind = role.rpartition(".")[2]
    if kind == "answers":
        return f"model '{entry['model']}' to data '{entry['data']}'"
    column = {"metric": "metric_entry", "scale": "metric_entry"}.get(role, role.replace(".", "_"))
    label = entry.get(column, "")
    return f"{'metric' if role == 'scale' else kind} '{label}'" if label else f"the {kind}"
