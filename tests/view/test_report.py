from __future__ import annotations

import re
from html.parser import HTMLParser
from importlib.resources import files

import pandas as pd
import pytest
import torch

from xaiplug.data.study import Curve, Panel, Study
from xaiplug.errors import StoreError
from xaiplug.view.report import render, write_report

SPENT = {"deletion": 0.25, "infidelity": 10.0}
VOID = {"meta", "link", "img", "input", "br"}
EVIL = "<script>alert(1)</script>\"'&"
FAILURE = {"cell": "a3f9", "explainer": "score-cam", "metric": None, "error": "Traceback\nModelError: no layer 'conv9'"}


class Page(HTMLParser):
    """Collects tags and attributes; fails on a tag that is not closed in its turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.handle_startendtag(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


def section(page: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', page, re.S)
    return found.group() if found else ""


def words(text: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


@pytest.fixture(scope="module")
def page(study, studies, photos) -> str:
    return render(studies(gallery=[*study.gallery, photos], failures=[FAILURE]))


def test_the_file_is_written_whole(study, tmp_path):
    path = write_report(study, tmp_path / "deep" / "report.html")
    assert path == tmp_path / "deep" / "report.html"
    assert path.read_text(encoding="utf-8") == render(study)
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_is_a_clear_error(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="choose a folder"):
        write_report(study, tmp_path / "file" / "report.html")


def test_the_same_study_gives_the_same_bytes(studies, tmp_path):
    first, second = (write_report(studies(), tmp_path / name) for name in ("a.html", "b.html"))
    assert first.read_bytes() == second.read_bytes()


def test_the_page_is_well_formed_and_anchors_lead_somewhere(page):
    parsed = Page(page)
    ids = parsed.values("id")
    assert len(ids) == len(set(ids))
    anchors = {link for link in parsed.values("href") if link and link.startswith("#")}
    assert len(anchors) == 8
    assert {link[1:] for link in anchors} <= set(ids)


def test_nothing_is_asked_of_the_network(page):
    parsed = Page(page)
    links = [*parsed.values("src"), *parsed.values("href")]
    assert all(link.startswith(("data:", "#")) for link in links)
    assert set(re.findall(r"url\((#|data:image/png|.)", page)) <= {"#", "data:image/png", "\\"}
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_the_header_says_what_ran_and_where(page):
    head = words(page[page.index("<header>") : page.index("</header>")])
    assert "6 explainers · 4 metrics · 1 model · 48 samples · 3 seeds" in head
    assert "device CPU, 2 cores" in head
    assert "1 cell failed." in head


def test_the_leaderboard_has_means_intervals_seeds_and_directions(page):
    text = words(section(page, "leaderboard"))
    assert "relevance-mass ↑ higher is better · share · n = 48" in text
    assert "deletion ↓ lower is better · probability · n = 48" in text
    assert "gini no direction" in text
    assert re.search(r"integrated-gradients baseline black 0\.895 ± 0\.\d{3} best 0\.\d{3} to 0\.\d{3}", text)
    assert text.index("integrated-gradients baseline") < text.index("random")
    assert section(page, "leaderboard").count('<svg class="whisker"') == 24


def test_the_best_cell_has_the_strongest_tint_and_no_direction_has_none(page):
    board = section(page, "leaderboard")
    best = re.search(r'--t:([\d.]+)">\s*<div class="top"><span class="mean best"', board)
    assert float(best.group(1)) == 1
    assert board.count('class="heat"') == 18


def test_every_metric_has_a_chart_and_an_explainer_one_colour(page):
    curves = section(page, "curves")
    assert curves.count('<svg class="chart crowded"') == 2
    colours = re.findall(r'stroke="(#\w+)" stroke-dasharray=""><title>random', curves)
    assert len(colours) == 2
    assert len(set(colours)) == 1


def test_the_gallery_shows_maps_truth_classes_sets_and_order(page):
    gallery = section(page, "gallery")
    assert gallery.count("<img") == 6 * 6 + 4 * 6
    assert gallery.count('role="img" aria-label="input"') == gallery.count("--photo:url(data:image/png") == 6 + 4
    assert gallery.count('class="truth"') == gallery.count("<img") + 10
    assert "seen as seven" in gallery
    assert 'class="raises"' in gallery
    assert 'class="rank"' in gallery
    assert "tabby cat" in gallery
    assert 'class="colour-bar"' in gallery


def test_a_name_of_the_run_file_says_what_it_stands_for(studies):
    page = render(studies(stands_for={"random": "noise, width <3>", "gini": "gini, of magnitudes"}))
    assert words(section(page, "leaderboard")).count("random noise, width &lt;3&gt;") == 1
    assert 'title="gini, of magnitudes"' in section(page, "leaderboard")


def test_the_most_disputed_sample_comes_first(studies, study):
    frame = study.results[study.results["metric"].isin(["deletion", "gini"])].copy()
    frame.loc[(frame["sample"] == 7) & (frame["explainer"] == "random"), "value"] = 9.0
    table = section(render(studies(results=frame)), "samples")
    ids = re.findall(r'<th scope="row" class="method">([^<]+)</th>', table)
    assert ids[0] == frame.loc[frame["sample"] == 7, "id"].iloc[0]
    assert len(ids) == 48


def test_costs_are_readable(page):
    text = words(section(page, "cost"))
    assert "moxi segmenter grid · baseline black 26 880 0 24.2 s 59 MiB" in text  # split() ate the thin space
    assert "random 0 0 4.1 ms –" in text


def test_what_metrics_cost_stands_beside_it(studies):
    made = studies().timings
    spent = [made.assign(metric=name, forwards=8, backwards=0, seconds=each) for name, each in SPENT.items()]
    text = words(section(render(studies(scorings=pd.concat(spent))), "cost"))
    assert "What measuring took, of all explainers together" in text
    assert "deletion 48 0 1.5 s" in text  # of six explainers, the mean over seeds
    assert "infidelity 48 0 1 min 0 s" in text


def test_failures_provenance_and_the_run_file_are_there(page):
    assert "explainer score-cam ModelError: no layer &#39;conv9&#39; cell a3f9" in words(section(page, "failures"))
    provenance = section(page, "provenance")
    assert "xaiplug-captum 0.1.0" in provenance
    assert provenance.count("@inproceedings{sundararajan2017axiomatic") == 1
    assert "{use: task:decoy-mnist}" in section(page, "run-file")


def test_without_failures_there_is_no_such_section(study):
    page = render(study)
    assert section(page, "failures") == ""
    assert 'href="#failures"' not in page


@pytest.mark.parametrize("frame", [pd.DataFrame(), None])
def test_an_empty_study_is_a_page(study, frame):
    results, timings = (frame, frame) if frame is not None else (study.results[:0], study.timings[:0])
    page = render(Study("nothing", "", results, timings))
    Page(page)
    assert "No results." in page
    assert section(page, "curves") == section(page, "gallery") == section(page, "cost") == ""


def test_undefined_numbers_are_dashes(studies, study):
    results = study.results.assign(value=float("nan"))
    timings = study.timings.assign(seconds=float("nan"), peak_bytes=None)
    curve = Curve("m", "d", "ig", "deletion", 0, torch.linspace(0, 1, 3), torch.full((2, 3), torch.nan))
    page = render(studies(results=results, timings=timings, curves=[curve], gallery=[]))
    Page(page)
    assert "undefined" in words(section(page, "leaderboard"))
    assert not re.search(r">\s*nan\b", page, re.I)
    assert section(page, "curves") == ""


def test_a_metric_that_some_explainers_lack_leaves_a_dash(studies, study):
    frame = study.results
    page = render(studies(results=frame[~((frame["metric"] == "gini") & (frame["explainer"] == "random"))]))
    assert section(page, "leaderboard").count('<td class="none">') == 1


def test_every_word_from_outside_is_escaped(studies, study):
    frame, panel = study.results, study.gallery[0]
    names = ["model", "data", "explainer", "baseline", "metric", "id", "unit"]
    results = frame[frame["metric"] == "deletion"].assign(**dict.fromkeys(names, EVIL))
    small = torch.ones(2, 1, 4, 4)
    evil_panel = Panel(
        *(EVIL, EVIL, small, None, torch.tensor([0, 1]), torch.tensor([1, 1]), (EVIL, EVIL), (EVIL, EVIL)),
        maps={EVIL: panel.maps["random"].replace(attribution=small, target=None)},
    )
    page = render(
        studies(
            name=EVIL,
            config=EVIL,
            results=results,
            timings=study.timings.assign(model=EVIL, explainer=EVIL, baseline=EVIL),
            curves=[Curve(EVIL, EVIL, EVIL, EVIL, 0, torch.linspace(0, 1, 3), torch.rand(2, 3))],
            gallery=[evil_panel],
            provenance=[
                dict.fromkeys(("kind", "name", "plugin", "distribution", "version", "summary", "bibtex"), EVIL)
            ],
            failures=[{"cell": EVIL, "model": EVIL, "error": EVIL}],
            machine={EVIL: EVIL},
        )
    )
    assert "<script>alert" not in page
    assert page.count("alert(1)") > 30
    assert Page(page).tags.count("script") == 1


def test_names_that_would_break_formatting_do_not(studies):
    curve = Curve("{m}", "{0}", "{x.y}", "%s {", 0, torch.linspace(0, 1, 3), torch.rand(2, 3))
    page = render(studies(curves=[curve], gallery=[]))
    assert "{x.y}" in section(page, "curves")


def test_the_templates_travel_with_the_package():
    names = {item.name for item in files("xaiplug.view").joinpath("templates").iterdir()}
    scripts = {"report.js", "tables.js", "curves.js", "gallery.js"}
    assert {"report.html.j2", "report.css", "wall.html.j2", *scripts} <= names
