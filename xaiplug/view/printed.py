"""A study for a paper: leaderboards as tables, with what it takes to cite them."""

from __future__ import annotations

from xaiplug.data.study import Study
from xaiplug.view.leaderboard import Board, Row, leaderboard, tidy
from xaiplug.view.numbers import number, places
from xaiplug.view.sections import ARROWS, citations
from xaiplug.view.tabular import Strong, csv_text, latex_table, markdown_table, marked, plain

CSV_COLUMNS = ("model", "data", "metric", "better", "unit", "rank", "method", "mean", "low", "high", "n", "sd", "seeds")
_CAPTION = "Mean [95 % bootstrap interval] over samples; bold: the best and what its paired interval cannot tell apart."


def markdown_text(study: Study) -> str:
    """A table per model and data set, methods down, metrics across; then what to cite."""
    parts = [f"# {marked(study.name)}", marked(_CAPTION)]
    for title, heads, rows in _tables(study):
        parts += [f"## {marked(title)}", markdown_table(heads, rows)]
    facts = [f"- {marked(line)}" for line in _facts(study)]
    parts += ["## How it was made", "\n".join(facts)]
    if found := citations(study):
        fence = "`" * max(3, 1 + max((len(run) for run in found.split() if set(run) == {"`"}), default=0))
        parts.append(f"{fence}bibtex\n{found}\n{fence}")
    return "\n\n".join(parts) + "\n"


def latex_text(study: Study) -> str:
    """The same as `tabular`s for `booktabs`; facts and BibTeX stand as comments."""
    parts = ["\n".join(f"% {plain(line)}" for line in (study.name, _CAPTION, *_facts(study)))]
    for title, heads, rows in _tables(study):
        parts += [f"% {plain(title)}\n{latex_table(heads, rows)}"]
    if found := citations(study):
        parts.append("\n".join(f"% {plain(line)}" for line in found.splitlines()))
    return "\n\n".join(parts) + "\n"


def csv_lines(study: Study) -> str:
    """A row a method and metric, in full precision."""
    rows = []
    for board in leaderboard(study):
        names = (board.model, board.data, board.metric, board.better, board.unit)
        for row in board.rows:
            numbers = (row.mean, row.low, row.high, row.count, row.sd, row.seeds)
            rows.append([*names, row.rank, str(row.method), *numbers])
    return csv_text(CSV_COLUMNS, rows)


def _tables(study: Study) -> list[tuple[str, list[str], list[list[str]]]]:
    scopes: dict[str, list[Board]] = {}
    for board in leaderboard(study):
        scopes.setdefault(f"{board.model} on {board.data}", []).append(board)
    return [(title, *_table(boards)) for title, boards in scopes.items()]


def _table(boards: list[Board]) -> tuple[list[str], list[list[str]]]:
    methods = list(dict.fromkeys(str(row.method) for board in boards for row in board.rows))
    cells = [{str(row.method): cell for row, cell in _cells(board)} for board in boards]
    heads = ["method", *(f"{board.metric} {ARROWS.get(board.better, '')}".strip() for board in boards)]
    return heads, [[method, *(column.get(method, "–") for column in cells)] for method in methods]


def _cells(board: Board) -> list[tuple[Row, str]]:
    decimals = places(value for row in board.rows for value in (row.mean, row.low, row.high))
    found = []
    for row in board.rows:
        mean, low, high = (number(value, decimals) for value in (row.mean, row.low, row.high))
        text = f"{mean} [{low}, {high}]"
        found.append((row, Strong(text) if row.best or row.tied else text))
    return found


def _facts(study: Study) -> list[str]:
    frame = tidy(study.results)
    seeds = sorted(map(int, frame["seed"].dropna().unique())) if len(frame) else []
    machine = [f"{key} {value}" for key, value in study.machine.items()]
    wheels = {f"{item['distribution']} {item['version']}" for item in study.provenance if item.get("distribution")}
    facts = [f"run file: {study.name}", f"seeds: {', '.join(map(str, seeds)) or 'none'}"]
    facts += [f"machine: {', '.join(machine)}"] if machine else []
    facts += [f"wheels: {', '.join(sorted(wheels))}"] if wheels else []
    return facts + [f"{name} is {what}" for name, what in study.stands_for.items()]
