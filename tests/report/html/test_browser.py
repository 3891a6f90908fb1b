"""The HTML report in a browser: Debian's Chromium, without a screen and without a network."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from report.html.folders import CURVE, HOSTILE, found, left
from report.records import OFFICIAL, row, with_interval

from hrbench.report.html.report import report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FLAGS = (  # quiet, and nothing asked of any server
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
WIDTHS = (390, 820, 1440)
GRAVE = {"serious", "critical"}  # of axe's faults

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: apt-get install chromium")


@dataclass
class Shown:
    """A report in the browser, and what it has said and asked for."""

    page: Page
    pages: list[str]
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, place: str) -> None:
        self.page.evaluate("place => { location.hash = place }", place)
        self.page.wait_for_function("id => !document.getElementById(id).hidden", arg=place)

    def column(self, table: str, at: int) -> list[str]:
        cells = self.page.locator(f"#{table} tbody tr:visible > :nth-child({at})")
        return [text.split()[0] for text in cells.all_inner_texts()]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a bit of everything, and a script in every name."""
    folder = tmp_path_factory.mktemp("report")
    groups = {
        "keypoint": {f"k{n}": {"AP": float(n), "count": n} for n in range(30)},
        "body_size": {
            f"{n}-{n + 32} px": {"people": 9999, "missed": 11.8, "AP": n + 1.0, "keypoints": 99999}
            | dict.fromkeys(("good", "jitter", "inversion", "swap", "miss"), 20.0)
            for n in range(96, 100)
        },
        HOSTILE: {HOSTILE: {HOSTILE: 1.5}},
        "curve": CURVE | {HOSTILE: [1.0, 2.0, 3.0]},
    }
    facts: tuple[dict[str, Any], ...] = (
        {"groups": groups, "protocol": OFFICIAL | {"metric": "oks"}, "pictures": 2},
        {"ap": 9.5, "protocol": OFFICIAL | {"boxes": "gt", "task": HOSTILE}, "seed": 1},
        {"ap": 75.0, "seed": 2, "metrics": with_interval(75.0, 74.1, 75.9)},
        {"task": HOSTILE, "variant": HOSTILE, "synthetic": True, "notes": (HOSTILE,)},
        {"task": "mpii-pose", "ap": 60.0, "complete": False},
    )
    runs = [(folder / f"run{n}", left(folder / f"run{n}", **one)) for n, one in enumerate(facts)]
    rows = [row(), row(system=HOSTILE, value="76.0", boxes="gt"), row(split="test-dev2017")]
    path = folder / "report.html"
    path.write_text(report(found(*runs), rows), "utf-8")
    return path


@pytest.fixture
def shown(browser: Browser, file: Path) -> Iterator[Shown]:
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        opened = Shown(page, [])
        page.on("console", lambda message: opened.messages.append(message.text))
        page.on("pageerror", lambda error: opened.messages.append(str(error)))
        page.on("request", lambda request: opened.requests.append(request.url))
        page.goto(file.as_uri())
        opened.pages += page.locator(".page").evaluate_all("pages => pages.map(p => p.id)")
        yield opened


def test_no_page_says_an_error_and_none_asks_for_anything_but_the_file(
    shown: Shown, file: Path
) -> None:
    for place in shown.pages:
        shown.go(place)
    assert shown.messages == []
    asked = {url for url in shown.requests if not url.startswith("data:")}
    assert asked == {file.as_uri()}


def test_a_script_in_a_name_is_shown_and_not_run(shown: Shown) -> None:
    for place in shown.pages:
        shown.go(place)
        assert "hurt" not in shown.page.title().replace(HOSTILE, "")
    assert shown.page.locator("script").count() == 1
    assert shown.page.get_by_text(HOSTILE).count() > 5


def test_one_page_is_shown_at_a_time_and_links_lead_to_the_others(shown: Shown) -> None:
    page = shown.page
    assert page.locator(".page:visible").evaluate_all("p => p.map(x => x.id)") == ["overview"]
    page.locator("#overview-runs a", has_text="mpii-pose").click()
    assert page.locator(".page:visible").evaluate_all("p => p.map(x => x.id)") == ["task-mpii-pose"]
    assert page.evaluate("document.activeElement.id") == "task-mpii-pose-title"
    assert page.locator(".menu [aria-current=page]").inner_text() == "mpii-pose"
    page.go_back()
    assert page.locator("#overview").is_visible()


def test_a_link_to_a_page_opens_it_at_its_beginning(shown: Shown, file: Path) -> None:
    run = next(place for place in shown.pages if place.startswith("run-"))
    shown.page.set_viewport_size({"width": 390, "height": 800})
    shown.page.goto(f"{file.as_uri()}#{run}")
    shown.page.reload()
    assert shown.page.locator(f"#{run}").is_visible()
    assert shown.page.evaluate("scrollY") == 0


def test_a_click_on_a_head_sorts_and_another_turns_the_order(shown: Shown) -> None:
    head = shown.page.locator("#overview-runs thead th", has_text="value")
    assert head.get_attribute("aria-sort") == "none"
    head.get_by_role("button").click()
    assert shown.column("overview-runs", 3) == ["75.0", "74.3", "74.3", "60.0", "9.5"]
    assert head.get_attribute("aria-sort") == "descending"
    assert "sorted by value, descending" in shown.page.locator("#said").inner_text()
    head.get_by_role("button").click()
    assert shown.column("overview-runs", 3) == ["9.5", "60.0", "74.3", "74.3", "75.0"]
    assert head.get_attribute("aria-sort") == "ascending"


def test_names_are_sorted_as_words_and_rows_without_a_number_come_last(shown: Shown) -> None:
    run = next(place for place in shown.pages if place.startswith("run-"))
    shown.go(run)
    table = f"{run}-group-0"
    shown.page.locator(f"#{table} thead button", has_text="keypoint").click()
    assert shown.column(table, 1)[:3] == ["k0", "k1", "k2"]
    shown.go("overview")
    heads = shown.page.locator("#overview-runs thead th[aria-sort]")
    heads.filter(has_text="95 %").get_by_role("button").click()
    assert shown.column("overview-runs", 3)[0] == "75.0"  # the only one with an interval


def test_a_search_and_a_choice_leave_the_rows_that_fit(shown: Shown) -> None:
    page = shown.page
    page.get_by_role("searchbox").locator("visible=true").fill("mpii 60.0")
    assert shown.column("overview-runs", 1) == ["mpii-pose"]
    assert page.locator("#said").inner_text() == "1 of 5 rows are shown"
    page.get_by_role("searchbox").locator("visible=true").fill("")
    page.get_by_role("combobox").select_option("coco-pose")
    assert shown.column("overview-runs", 1) == ["coco-pose"] * 3
    page.get_by_role("searchbox").locator("visible=true").fill("nothing like it")
    assert shown.column("overview-runs", 1) == []


def test_everything_can_be_reached_by_the_keyboard(shown: Shown) -> None:
    page = shown.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("#overview").is_visible()
    head = page.locator("#overview-runs thead th", has_text="value")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"


def test_what_differs_is_behind_a_mark_that_a_key_opens(shown: Shown) -> None:
    shown.go("task-coco-pose")
    mark = shown.page.locator("#task-coco-pose details.differs").first
    assert mark.get_attribute("title")
    assert not mark.locator("span").is_visible()
    mark.locator("summary").focus()
    shown.page.keyboard.press("Enter")
    assert mark.locator("span").is_visible()


def test_the_colours_are_the_systems_until_one_chooses_others(shown: Shown) -> None:
    page = shown.page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(ground)
    assert light != dark
    page.locator("#theme").click()
    assert page.evaluate(ground) == light
    page.reload()
    assert page.evaluate(ground) == light


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(width: int, shown: Shown) -> None:
    shown.page.set_viewport_size({"width": width, "height": 800})
    for place in shown.pages:
        shown.go(place)
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width, place


def test_tables_of_errors_fit_a_wide_screen(shown: Shown) -> None:
    run = next(place for place in shown.pages if place.startswith("run-"))
    shown.go(run)
    table = shown.page.locator(".scroll", has=shown.page.locator(f"#{run}-group-1"))
    assert table.locator(".parts").count() == 4
    assert table.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_meanings_are_left_out_where_they_would_be_off_the_screen(shown: Shown) -> None:
    run = next(place for place in shown.pages if place.startswith("run-"))
    shown.go(run)
    head = shown.page.locator(f"#{run}-figures thead th", has_text="meaning")
    assert head.is_visible()
    shown.page.set_viewport_size({"width": 390, "height": 800})
    assert not head.is_visible()
    assert shown.page.locator(f"#{run}-figures tbody th").first.get_attribute("title")
    rows = shown.page.locator(f"#{run}-figures tbody tr")
    assert max(rows.evaluate_all("all => all.map(one => one.clientHeight)")) < 40


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_grave_fault(scheme: str, shown: Shown) -> None:
    shown.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    faults = []
    for place in shown.pages:
        shown.go(place)
        said = Axe().run(shown.page).response
        assert len(said["passes"]) > 10
        faults += [
            (place, fault["id"], fault["nodes"][0]["html"])
            for fault in said["violations"]
            if fault["impact"] in GRAVE
        ]
    assert faults == []


def test_without_scripts_all_pages_follow_each_other(browser: Browser, file: Path) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(file.as_uri())
        assert page.locator(".page").count() == page.locator(".page:visible").count()
        assert not page.locator("#theme").is_visible()


def test_paper_has_the_page_that_is_shown_whole_and_dark_on_white(shown: Shown) -> None:
    page = shown.page
    run = next(place for place in shown.pages if place.startswith("run-"))
    shown.go(run)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".menu").is_visible()
    assert page.locator(".page:visible").count() == 1
    hidden = page.locator(f"#{run} .scroll").evaluate_all(
        "all => all.filter(one => one.scrollHeight > one.clientHeight + 1).length"
    )
    assert hidden == 0
    assert page.pdf().startswith(b"%PDF")
