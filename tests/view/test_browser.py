"""The page in a browser, clicked through: Debian's Chromium by playwright, skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from xaiplug.view.report import write_report

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(study, photos, studies, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "report.html"
    return write_report(studies(gallery=[*study.gallery, photos]), path).as_uri()


@pytest.fixture
def page(browser, address) -> Iterator[sync_api.Page]:
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda told: said.append(told.text) if told.type == "error" else None)
    opened.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith(("file:", "data:")) else None)
    opened.goto(address)
    yield opened
    opened.close()
    assert said == []


def names(page: sync_api.Page) -> list[str]:
    return page.locator("table.board tbody tr:visible .name").all_inner_texts()


def test_methods_are_sorted_filtered_and_columns_hidden(page):
    assert len(names(page)) == 6
    page.locator("table.board thead th", has_text="Explainer").locator("button").click()
    assert names(page) == sorted(names(page))
    page.get_by_placeholder("filter methods").fill("grad")
    assert all("grad" in name for name in names(page))
    assert len(names(page)) == 4
    box = page.locator("#leaderboard .tools label", has_text="gini")
    box.click()
    assert not page.locator("table.board thead th", has_text="gini").is_visible()


def test_what_is_chosen_stands_in_the_address(page, browser):
    page.get_by_placeholder("filter methods").fill("moxi")
    page.locator("#leaderboard .tools label", has_text="gini").click()
    other = browser.new_page()
    other.goto(page.url)
    assert names(other) == ["moxi"]
    assert not other.locator("table.board thead th", has_text="gini").is_visible()
    other.close()


def test_a_curve_says_its_value_and_interval(page):
    chart = page.locator("svg.chart").first
    chart.scroll_into_view_if_needed()
    ends = chart.locator("polyline").first.evaluate(
        "line => { const p = new DOMPoint(line.points[5].x, line.points[5].y).matrixTransform(line.getScreenCTM());"
        " return [p.x, p.y]; }"
    )
    page.mouse.move(*ends)
    told = page.locator(".told")
    assert told.is_visible()
    assert " to " in told.inner_text()
    assert chart.locator("g.chosen .band").is_visible()
    assert chart.locator("g.line:not(.chosen) .band").first.is_hidden()


def test_a_map_is_enlarged_wiped_and_linked_to(page, browser):
    page.locator("#gallery .map .tile").first.click()
    viewer = page.locator("dialog.viewer")
    assert viewer.is_visible()
    page.wait_for_function("document.querySelectorAll('.stage canvas').length === 2")
    viewer.get_by_label("wipe").fill("20")
    assert "20%" in page.locator(".stage canvas").nth(1).get_attribute("style")
    viewer.get_by_label("left").select_option(index=2)
    viewer.get_by_label("sign").select_option("1")
    page.wait_for_function("location.hash.includes('map=')")
    other = browser.new_page()
    other.goto(page.url)
    assert other.locator("dialog.viewer").is_visible()
    other.close()
    page.keyboard.press("Escape")
    assert not viewer.is_visible()
    page.wait_for_function("!location.hash.includes('map=')")  # a dialog tells of its end a moment after it is hidden


def test_the_viewer_fits_a_telephone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#gallery .map .tile").first.click()
    page.wait_for_function("document.querySelectorAll('.stage canvas').length === 2")
    header, stage, close = (page.locator(f".viewer {part}").bounding_box() for part in ("header", ".stage", ".close"))
    assert stage["width"] <= header["width"]
    assert close["height"] < 45


def test_only_raising_pixels_stay_when_asked(page):
    page.locator("#gallery .map .tile").first.click()
    viewer = page.locator("dialog.viewer")
    viewer.get_by_label("wipe").fill("0")
    count = """sign => new Promise(done => setTimeout(() => {
        const canvas = document.querySelectorAll('.stage canvas')[1];
        const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
        let red = 0, blue = 0;
        for (let i = 0; i < data.length; i += 4) { red += data[i] > data[i + 2]; blue += data[i] < data[i + 2]; }
        done([red, blue]);
    }, 200))"""
    red, blue = page.evaluate(count)
    assert red
    assert blue
    viewer.get_by_label("sign").select_option("1")
    assert page.evaluate(count) == [red, 0]


def enlarge_a_photo(page):
    page.locator("#gallery").get_by_role("tab", name="resnet on photos").click()
    page.locator('.sample[data-id="photos/0.png"] .map[data-name="gradient"] .tile').click()


def test_one_channel_of_the_picture_and_of_the_map(page, browser):
    enlarge_a_photo(page)
    viewer = page.locator("dialog.viewer")
    channel = viewer.get_by_label("channel")
    assert channel.locator("option").all_inner_texts() == ["all", "1 of 3", "2 of 3", "3 of 3"]
    drawn = """place => new Promise(done => setTimeout(() => {
        const canvas = document.querySelectorAll('.stage canvas')[place];
        done([...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data].join());
    }, 200))"""
    whole = [page.evaluate(drawn, place) for place in (0, 1)]
    channel.select_option("2")
    picture, first = (page.evaluate(drawn, place) for place in (0, 1))
    assert first != whole[1]
    values, colours = (list(map(int, text.split(","))) for text in (picture, whole[0]))
    assert values[0::4] == values[1::4] == values[2::4] == colours[1::4]
    page.wait_for_function("location.hash.includes('%2C2%5D')")
    other = browser.new_page()
    other.goto(page.url)
    assert other.get_by_label("channel").input_value() == "2"
    other.close()
    channel.select_option("3")
    assert page.evaluate(drawn, 1) != first


def test_a_map_without_channels_says_that_it_is_whole_and_a_grey_picture_offers_none(page):
    enlarge_a_photo(page)
    viewer = page.locator("dialog.viewer")
    viewer.get_by_label("channel").select_option("1")
    assert viewer.locator(".whole").inner_text() == ""
    page.keyboard.press("Escape")
    page.locator("#gallery").get_by_role("tab", name="decoy on decoy-test").click()
    page.locator("#gallery .map .tile").first.click()
    assert viewer.get_by_label("channel").is_hidden()


def test_one_limit_pales_the_weaker_maps(page):
    shown = page.locator("#gallery .map img").first
    own = shown.get_attribute("src")
    page.locator("label[for=one-limit]").click()
    assert shown.get_attribute("src") != own
    page.locator("label[for=one-limit]").click()
    assert shown.get_attribute("src") == own


def test_maps_lie_over_the_picture_without_script(browser, address):
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(address)
    tile = plain.locator("#gallery .map .tile").first
    tile.scroll_into_view_if_needed()
    before = tile.screenshot()
    plain.locator("label[for=over]").click()
    assert tile.screenshot() != before
    assert plain.locator("label[for=one-limit]").is_hidden()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_telephone_needs_no_sideways_scrolling(browser, address, scheme):
    small = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    small.goto(address)
    assert small.evaluate("document.documentElement.scrollWidth") <= 390
    small.close()


def test_a_large_page_loads_its_pictures_when_they_are_seen(browser, study, photos, studies, tmp_path, monkeypatch):
    monkeypatch.setattr("xaiplug.view.beside.LARGEST", 1000)
    path = write_report(studies(gallery=[*study.gallery, photos]), tmp_path / "report.html")
    assert "data:image/png" not in path.read_text().replace("url(data:image/png;base64,)", "")
    files = {one.name for one in (tmp_path / "report-pictures").iterdir()}
    opened = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    opened.on("request", lambda one: asked.append(one.url.rpartition("/")[2]))
    opened.goto(path.as_uri())
    opened.locator("#gallery").scroll_into_view_if_needed()
    first = opened.locator("#gallery .map img").first
    first.scroll_into_view_if_needed()
    opened.wait_for_function("document.querySelector('#gallery .map img').naturalWidth > 0")
    assert files >= set(asked) - {"report.html"} != set()
    first.click()
    assert opened.locator("dialog.viewer").is_visible()
    opened.wait_for_function("document.querySelectorAll('.stage canvas').length === 2")
    opened.close()
