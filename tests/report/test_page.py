"""The page: whole in one file, in both languages, accessible, and safe whatever a product or a set says."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import steelyard
from steelyard.core.canonical import plain
from steelyard.core.product import Limits
from steelyard.report.report import Report
from steelyard.specs.reader import read

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"
SPEC = "miit-2017-315#medical"


class Read(HTMLParser):
    """What of a page matters here: its text by language, its tags, and what it would load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text = {"en": "", "zh": "", "": ""}
        self.tags: list[str] = []
        self.loads: list[str] = []
        self._open: list[tuple[str, str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.tags.append(tag)
        self.loads += [held[name] or "" for name in ("src", "href") if name in held]
        if tag not in ("meta", "br", "img", "line", "rect", "circle", "path"):
            spoken = (held.get("lang") or "") if "w" in (held.get("class") or "").split() else self._language()
            self._open.append((tag, spoken))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(tag in ("style", "script") for tag, _ in self._open):
            self.text[self._language()] += data

    def _language(self) -> str:
        return self._open[-1][1] if self._open else ""


@pytest.fixture
def page(write_set: Callable[..., Path], tmp_path: Path) -> Callable[[Callable[[list[float]], Any]], str]:
    def judge(product: Callable[[list[float]], Any]) -> str:
        test_set = write_set(["positive", "negative"] * 200)
        report = steelyard.run(SPEC, product, test_set=str(test_set), out=tmp_path / "out")
        assert report.path is not None
        return Path(report.path).with_suffix(".html").read_text("utf-8")

    return judge


def right(numbers: list[float]) -> str:
    return "negative" if int(numbers[0]) % 2 else "positive"


@pytest.mark.parametrize(
    ("product", "en", "zh"),
    [
        (right, "The test settles nothing yet", "检测尚不能作出结论"),  # 200 patients cannot show misses < 1 %
        (lambda _: "negative", "The test proves that the product misses the target", "检测已证明产品未达到目标"),
        (lambda _: ATTACK, "the product misses the target", "产品未达到目标"),
    ],
)
def test_what_it_means_stands_first_in_both_languages(
    product: Callable[[list[float]], str], en: str, zh: str, page: Callable[..., str]
) -> None:
    read = Read(page(product))
    assert en in read.text["en"][:600]
    assert zh in read.text["zh"][:400]


def test_it_loads_nothing_and_opens_from_disk(page: Callable[..., str]) -> None:
    read = Read(page(right))
    assert [address for address in read.loads if not address.startswith(("#", "data:"))] == []
    assert "link" not in read.tags
    assert "iframe" not in read.tags


def test_whatever_is_said_stays_text(page: Callable[..., str]) -> None:
    def hostile(numbers: list[float]) -> str:
        if numbers[0] > 3:
            raise ValueError(ATTACK)
        return ATTACK

    text = page(hostile)
    assert "alert(1)" in text
    assert "<img src=x" not in text
    assert text.count("<script>") == 1


def test_both_languages_say_as_much(page: Callable[..., str]) -> None:
    text = page(lambda _: "negative")
    spoken = re.findall(r'<span class="w" lang="(en|zh)">', text)
    assert spoken.count("en") == spoken.count("zh") > 80
    chinese = Read(text).text["zh"]
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 400


def test_every_picture_has_words(page: Callable[..., str]) -> None:
    text = page(right)
    assert len(re.findall(r'<svg class="bounds [a-z-]+"[^>]* role="img" aria-label="[^"]+%', text)) >= 3


def test_many_samples_make_no_large_page(write_set: Callable[..., Path], tmp_path: Path) -> None:
    test_set = write_set(["positive", "negative"] * 5000)
    report = steelyard.run(SPEC, lambda _: "negative", test_set=str(test_set), out=tmp_path / "out")
    assert report.path is not None
    assert Path(report.path).with_suffix(".html").stat().st_size < 200_000


# In a browser.

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
@pytest.mark.parametrize(
    "browser",
    [("en-GB", "light", 1280), ("zh-CN", "dark", 1280), ("zh-CN", "light", 390), ("en-GB", "dark", 390)],
    indirect=True,
)
def test_in_a_browser(browser: Any, page: Callable[..., str], tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from axe_core_python.selenium import Axe
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    text = page(lambda _: "negative")
    assert text
    browser.get((tmp_path / "out" / "report.html").as_uri())
    language = request.node.callspec.params["browser"][0][:2]
    root = browser.find_element(By.TAG_NAME, "html")
    assert root.get_attribute("lang") == language, "it follows the browser"
    wide = browser.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0, "it never scrolls sideways"
    assert [violation["id"] for violation in Axe().run(browser)["violations"]] == []
    other = {"en": "zh", "zh": "en"}[language]
    browser.find_element(By.CSS_SELECTOR, f"button[data-to={other}]").send_keys(Keys.ENTER)
    assert root.get_attribute("lang") == other
    word = browser.find_element(By.CSS_SELECTOR, f".verdict .w[lang={other}]")
    assert word.is_displayed()
    assert word.text == {"en": "does not conform", "zh": "不合格"}[other]
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"limit": 40, "seed": 7, "attempt": 2, "repeats": 2, "sessions": 2},
        {"sequential": True, "limits": replace(Limits(), answer_seconds=12.5, line_bytes=2**20)},
    ],
)
def test_its_command_does_the_run_again(settings: dict[str, Any], tmp_path: Path) -> None:
    first = steelyard.run("miit-2017-315#medical", "reference:wdbc_logistic", out=tmp_path / "first", **settings)
    assert "'miit-2017-315@2020#medical' --product reference:wdbc_logistic --set wdbc " in command_of(first)
    assert_again(first, tmp_path)


OWN = """
    specification: two
    edition: "1"
    document: test
    title: test
    clauses:
      c:
        where: "1"
        words: 假阴性率低于9%
        meaning: test
        axis: intelligence
        readings:
          patient:
            because: test
            method: medical.diagnosis
            cluster: patient
            require: {misses: false_negative_rate < 9 %}
"""


@pytest.mark.parametrize(
    ("specification", "folder"),
    [
        ("{tmp}/two.yaml", "{tmp}/made"),
        ("two.yaml", "./made"),
        ("./my targets/two of 'us'.yaml", "../{name}/my sets/made"),
        ("miit-2017-315.yaml", "./wdbc"),  # the library's names, but not the library's
    ],
)
def test_its_command_does_a_run_on_own_files_again(
    specification: str,
    folder: str,
    write_set: Callable[..., Path],
    program: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    made = {"tmp": tmp_path, "name": tmp_path.name}
    spec, test_set = specification.format(**made), folder.format(**made)
    Path(spec).parent.mkdir(exist_ok=True)
    Path(spec).write_text(dedent(OWN), "utf-8")
    written = write_set(["positive", "negative"] * 60, name=Path(test_set).name)
    if written.resolve() != Path(test_set).resolve():
        Path(test_set).parent.mkdir()
        written.rename(test_set)
    product = program(
        """
        import json, sys
        for line in sys.stdin:
            asked = json.loads(line)
            print(json.dumps({"id": asked["id"], "output": "positive"}), flush=True)
        """
    )
    first = steelyard.run(f"{spec}#c", product, test_set=test_set, out=tmp_path / "first")
    assert first.verdict.value == "conforms"
    assert_again(first, tmp_path)


def test_what_is_in_memory_has_no_command(write_set: Callable[..., Path], tmp_path: Path) -> None:
    spec = replace(read("miit-2017-315"), path="")
    test_set = str(write_set(["positive", "negative"] * 10))
    report = steelyard.run(spec, "reference:wdbc_logistic", test_set="wdbc", out=tmp_path / "first", limit=20)
    assert "<pre><code>steelyard run" not in page_of(report)
    report = steelyard.run(SPEC, right, test_set=test_set, out=tmp_path / "second")
    assert "<pre><code>steelyard run" not in page_of(report)


def page_of(report: Report) -> str:
    assert report.path is not None
    return Path(report.path).with_suffix(".html").read_text("utf-8")


def command_of(report: Report) -> str:
    """Return the command that the page shows."""
    shown = re.search(r"<pre><code>steelyard (.*?)</code></pre>", page_of(report))
    assert shown is not None
    return unescape(shown[1])


def assert_again(first: Report, tmp_path: Path) -> None:
    """Assert that the page's command makes the same plan and the same judgements."""
    command = [*shlex.split(command_of(first)), "--out", str(tmp_path / "second"), "--json"]
    run = subprocess.run([sys.executable, "-m", "steelyard", *command], capture_output=True, text=True, check=False)
    assert run.returncode == first.exit_code, run.stderr
    second = json.loads(run.stdout)
    assert second["plan_digest"] == first.plan.digest
    assert second["judgements"] == plain(first)["judgements"]
