"""A small page is one file; the pictures of a large one lie beside it, each once."""

from __future__ import annotations

import re

from xaiplug.view.beside import beside
from xaiplug.view.report import render, write_report


def test_a_small_page_is_one_file(study, tmp_path):
    write_report(study, tmp_path / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_channels_go_first_and_the_rest_stays_where_that_is_enough(studies, photos, monkeypatch):
    page = render(studies(gallery=[photos]))
    channels = sum(len(found.split()) for found in re.findall(r'data-channels="([^"]*)"', page))
    assert channels == 4 * 6 * 3
    monkeypatch.setattr("xaiplug.view.beside.LARGEST", len(page) - 1)
    moved, pictures = beside(page, "beside")
    assert moved.count("data:image/png") == page.count("data:image/png") - channels
    assert len(re.findall(r"beside/\w+\.png", moved)) == channels
    assert 0 < len(pictures) <= channels


def test_a_large_one_links_every_picture_and_writes_it_once(study, tmp_path, monkeypatch):
    monkeypatch.setattr("xaiplug.view.beside.LARGEST", 1000)
    page = render(study)
    moved, pictures = beside(page, "beside")
    assert "data:image/png" not in moved
    links = re.findall(r"beside/\w+\.png", moved)
    assert len(links) == page.count("data:image/png") > 0
    assert set(links) == set(pictures)
    assert all(content.startswith(b"\x89PNG") for content in pictures.values())
    path = write_report(study, tmp_path / "page.html")
    assert {f"page-pictures/{one.name}" for one in (tmp_path / "page-pictures").iterdir()} == set(
        re.findall(r"page-pictures/\w+\.png", path.read_text())
    )
