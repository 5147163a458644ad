"""A cell's line is found by its place, and never another's, whatever was done to the file."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaiplug.run.lookup import line_of, listed

IDS = st.text("abcdef0123456789-", min_size=1, max_size=12)


def plan(path, cells):
    entries = {cell: {"id": cell, "names": f"é{cell}" * (number % 5)} for number, cell in enumerate(cells)}
    path.write_text(listed('{\n"root": "/r",\n', {cell: json.dumps(entry) for cell, entry in entries.items()}))
    return entries


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("plan") / "plan.json"


@given(cells=st.lists(IDS, unique=True, max_size=40), other=IDS)
def test_every_line_is_found_and_the_file_is_json(path, cells, other):
    entries = plan(path, cells)
    assert json.loads(path.read_text())["cells"] == list(entries.values())
    assert {cell: line_of(path, cell) for cell in cells} == entries
    if other not in cells:
        assert line_of(path, other) is None


@given(cells=st.lists(IDS, unique=True, min_size=2, max_size=10), data=st.data())
def test_of_a_file_that_was_edited_nothing_or_the_right_line_is_told(path, cells, data):
    entries = plan(path, cells)
    text = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(text) - 1))
    match data.draw(st.sampled_from(["cut", "put in", "swapped", "emptied"])):
        case "cut":
            del text[at:]
        case "put in":
            text[at:at] = b"\n"
        case "swapped":
            text[at] = text[at] ^ 1
        case "emptied":
            text.clear()
    path.write_bytes(bytes(text))
    for cell in cells:
        try:
            found = line_of(path, cell)
        except OSError:
            continue
        assert found is None or found["id"] == cell
        assert found is None or len(found) == len(entries[cell])


def test_few_bytes_are_read_of_a_large_plan(path, monkeypatch):
    cells = [f"{number:08x}" for number in range(5000)]
    plan(path, cells)
    lines = []
    loads = json.loads
    monkeypatch.setattr("xaiplug.run.lookup.json.loads", lambda text: lines.append(text) or loads(text))
    assert line_of(path, cells[1234])["id"] == cells[1234]
    assert len(lines) == 1
