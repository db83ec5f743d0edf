"""The page on a set's quality: whole in one file, in both languages, accessible, and nothing of a person on it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from steelyard.core.card import Card
from steelyard.core.words import Words
from steelyard.data.image import Image
from steelyard.library.quality import examine
from steelyard.library.quality._check import Bars
from steelyard.library.quality._examination import Examination
from steelyard.library.stored_set import StoredSet
from steelyard.library.writing import write_set
from steelyard.report.quality import bars, quality_page

CHECKS = ["schema", "duplicates", "near_duplicates", "leakage", "balance", "agreement", "licence", "personal_data"]
"""Those that need no model: pages are alike."""
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


@pytest.fixture
def pictures(tmp_path: Path, make_card: Callable[..., Card]) -> StoredSet:
    """Pictures of two classes, with copies in both splits and one that contradicts."""
    generator = np.random.Generator(np.random.Philox(1))
    kind = Image(channels=1)
    made = [generator.integers(0, 256, (24, 24), dtype=np.uint8) for _ in range(12)]
    made += [made[0], made[1]]
    table = pa.table(
        {
            "id": [f"picture-{number}" for number in range(14)],
            "input": pa.array([kind.store(each) for each in made], pa.binary()),
            "reference": ["cat", "dog"] * 6 + ["cat", "cat"],
            "split": ["training"] * 7 + ["test"] * 7,
            "place": [f"place-{number % 5}" for number in range(14)],
        }
    )
    card = make_card(input=kind.declaration(), units={"place": Words("places", "地点")}, licence="CC-BY-NC-4.0")
    return write_set(tmp_path / "pictures", card, table)


@pytest.fixture
def page(pictures: StoredSet) -> str:
    return quality_page(
        examine(pictures, only=CHECKS), Examination(pictures), ["steelyard", "sets", "check", "./my set"]
    )


def test_it_loads_nothing_and_shows_pictures_side_by_side(page: str) -> None:
    addresses = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert [each for each in addresses if not each.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in page
    assert page.count('src="data:image/png') >= 4
    assert "picture-12" in page
    assert "&#39;./my set&#39;" in page


def test_both_languages_say_as_much(page: str) -> None:
    spoken = re.findall(r'class="w(?: bars)?" lang="(en|zh)"', page)
    assert spoken.count("en") == spoken.count("zh") > 60
    assert len(re.findall(r"[\u4e00-\u9fff]", page)) > 500


def texts(tmp_path: Path, make_card: Callable[..., Card], inputs: list[str]) -> StoredSet:
    columns = {"id": [f"s{row}" for row in range(len(inputs))], "input": inputs, "reference": [ATTACK] * len(inputs)}
    return write_set(tmp_path / "texts", replace(make_card(), input={"type": "text"}), pa.table(columns))


def test_whatever_is_said_stays_text(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    stored = texts(tmp_path, make_card, [ATTACK, ATTACK, "harmless"])
    text = quality_page(examine(stored, only=CHECKS), Examination(stored))
    assert "alert(1)" in text
    assert "<img src=x" not in text
    assert text.count("<script>") == 1


def test_personal_data_are_not_on_it(tmp_path: Path, make_card: Callable[..., Card]) -> None:
    private = ["13812345678", "li.lei@mail.cn", "11010519491231002X", "4111 1111 1111 1111"]
    stored = texts(tmp_path, make_card, [f"call {each} please" for each in [*private, *private]])
    text = quality_page(examine(stored, only=CHECKS), Examination(stored))
    assert [each for each in private if each in text] == []
    assert "1•••8 (11)" in text


def test_bars_are_escaped_and_as_long_as_their_counts() -> None:
    drawn = bars(Bars(Words("x", "甲"), ((Words("<b>", "<乙>"), 10), (Words("c", "丙"), 5))))
    assert "<b>" not in drawn
    widths = [float(each) for each in re.findall(r'class="bar"[^>]*width="([\d.]+)"', drawn)]
    assert widths[0] == 2 * widths[1]


CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
in_browser = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="Chromium and its driver are not installed")
FLAGS = ("headless", "no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-sync")


@pytest.fixture
def browser(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    from selenium import webdriver

    language, scheme, width = request.param
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for flag in (*FLAGS, f"accept-lang={language}", f"user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(executable_path=DRIVER))
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    yield driver
    driver.quit()


@in_browser
@pytest.mark.parametrize("browser", [("en-GB", "light", 1280), ("zh-CN", "dark", 390)], indirect=True)
def test_in_a_browser(browser: Any, page: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from axe_core_python.selenium import Axe
    from selenium.webdriver.common.by import By

    (tmp_path / "page.html").write_text(page, "utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    root = browser.find_element(By.TAG_NAME, "html")
    assert root.get_attribute("lang") == request.node.callspec.params["browser"][0][:2]
    browser.execute_script("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "it never scrolls sideways"
    assert [violation["id"] for violation in Axe().run(browser)["violations"]] == []
    assert browser.get_log("browser") == []
