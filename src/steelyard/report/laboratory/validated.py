"""The record of a method's validation, for the terminal and as one page that opens from disk."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steelyard.bench.validation.record import Agreement
from steelyard.core.words import Words
from steelyard.report._layout import facts, say, table
from steelyard.report._templates import style_sheets, template

if TYPE_CHECKING:
    from rich.console import Console

VALID = Words("valid: everything came out as it must", "有效：各项均符合应有结果")
PARTLY = Words("valid as far as it was evaluated: trueness was not", "就已评定部分有效：正确度未评定")
NOT_VALID = Words("not valid: something did not come out as it must", "无效：有项目不符合应有结果")
PRODUCTS = {
    "oracle": Words("oracle", "全对"),
    "constant": Words("constant", "恒定"),
    "random": Words("random", "随机"),
    "silent": Words("silent", "不作答"),
}


def number(value: float | None) -> str:
    """Return a value as the record shows it, in the indicator's unit.

    Examples
    --------
    >>> number(0.0123456), number(None), number(0.0), number(1.1e-16)
    ('0.01235', '—', '0', '1.1e-16')
    """
    return "—" if value is None else f"{value:.4g}"


def show_validation(console: Console, document: Mapping[str, Any]) -> None:
    """Show a record."""
    results = document["results"]
    say(console, f"{document['method']}/{document['method_version']} · {document['test_set']}", style="bold")
    facts(console, described(document))
    _show_controls(console, results["controls"])
    _show_trueness(console, results["trueness"])
    _show_detection(console, results["detection"])
    for title, name in (
        (Words("Repeatability", "重复性"), "repeatability"),
        (Words("Robustness", "稳健性"), "robustness"),
    ):
        console.print()
        say(console, title, style="bold")
        for each in results[name]:
            what, same = Words(**each["what"]), sameness(each)
            say(console, Words(f"{what.en}: {same.en}", f"{what.zh}：{same.zh}"), 2)
    for note in results["notes"]:
        said = Words(**note)
        say(console, Words(f"Note: {said.en}.", f"注意：{said.zh}。"), 2)
    console.print()
    say(console, conclusion(document), style="bold green" if document["valid"] else "bold red")


def conclusion(document: Mapping[str, Any]) -> Words:
    """Return what the record says of the method, and no more."""
    if not document["valid"]:
        return NOT_VALID
    return VALID if document["results"]["trueness"] else PARTLY


def described(document: Mapping[str, Any]) -> dict[Words, object]:
    """Return what a record is of."""
    versions = ", ".join(f"{name} {said}" for name, said in document["versions"].items())
    host = document["host"]
    return {
        Words("Samples", "样本"): f"{document['samples']:,} ({document['split']})",
        Words("Clusters", "抽样单元"): document["cluster"] or Words("none: every sample by itself", "无：逐样本"),
        Words("Planted", "植入"): Words(
            f"{document['plantings']} times at each rate, seed {document['seed']}",
            f"每个错误率 {document['plantings']} 次，种子 {document['seed']}",
        ),
        Words("Versions", "版本"): versions,
        Words("Host", "主机"): Words(
            f"{host['system']}, {host['processors']} processors", f"{host['system']}，{host['processors']} 个处理器"
        ),
        Words("Made", "时间"): document["created"],
        Words("Digest", "结果摘要"): document["results_digest"],
    }


def sameness(each: Mapping[str, Any]) -> Words:
    """Return whether the same came of two ways."""
    if each["same"]:
        return Words("the same to the last bit", "逐位相同")
    apart = number(each["largest_difference"])
    return Words(f"differs by up to {apart}", f"最大相差 {apart}")


def _mark(right: bool) -> str:
    return str(Words("as it must", "符合") if right else Words("NOT as it must", "不符合"))


def _show_controls(console: Console, controls: list[dict[str, Any]]) -> None:
    console.print()
    say(console, Words("Products whose verdict is known", "结论已知的对照产品"), style="bold")
    names = list(controls[0]["values"])
    rows = table(Words("indicator", "指标"), *(PRODUCTS[control["product"]] for control in controls))
    for name in names:
        rows.add_row(name, *(number(control["values"][name]) for control in controls))
    rows.add_row("", *(_mark(control["as_it_must"]) for control in controls))
    console.print(rows)


def _show_trueness(console: Console, cells: list[dict[str, Any]]) -> None:
    if not cells:
        return
    console.print()
    say(console, Words("Trueness: planted errors, and what was found", "正确度：植入的错误与所得结果"), style="bold")
    rows = table(
        Words("indicator", "指标"),
        Words("rate", "错误率"),
        Words("planted", "植入值"),
        Words("found", "所得值"),
        Words("bias (95 %)", "偏倚（95 %）"),
        Words("bounds missed", "界限未含真值"),
    )
    for cell in cells:
        rows.add_row(
            cell["indicator"],
            f"{cell['rate'] * 100:g} %",
            number(cell["counted"]),
            number(cell["recovered"]),
            bias(cell),
            f"{cell['below_lower']} + {cell['above_upper']} / {cell['bounded']}",
        )
    console.print(rows)
    say(console, ABOUT_BOUNDS, 2, style="dim")


ABOUT_BOUNDS = Words(
    "Planted and found: of the first planting. Bias: over all of them. Bounds missed: how often the rate planted at "
    "lay below the lower and above the upper 95 % bound; each may miss one in twenty.",
    "植入值与所得值取自第一次植入；偏倚取自全部植入。界限未含真值：植入时的错误率低于 95 % 下限与高于 95 % 上限的次数；"
    "各允许二十分之一。",
)


def bias(cell: Mapping[str, Any]) -> str:
    """Return the bias with its interval; none at all is said as zero."""
    if cell["largest_difference"] is not None and cell["largest_difference"] <= 1e-12:
        return "0"
    return f"{number(cell['bias'])} ({number(cell['bias_lower'])} … {number(cell['bias_upper'])})"


def _show_detection(console: Console, shown: list[dict[str, Any]]) -> None:
    console.print()
    say(console, Words("What the set can show", "该数据集所能证明的"), style="bold")
    rows = table(
        Words("indicator", "指标"),
        Words("at best", "最好"),
        Words("told from none", "可与零区分"),
        Words("samples without an error to show < 1, 5, 10 %", "证明 < 1、5、10 % 所需零差错样本数"),
    )
    for each in shown:
        needed = ", ".join(f"{count:,}" for count in each["without_error"].values())
        rows.add_row(each["indicator"], number(each["best"]), told(each), needed or "—")
    console.print(rows)


def told(each: Mapping[str, Any]) -> str:
    """Return from which planted rate on errors are told from none."""
    return "—" if each["detected_from"] is None else f"≥ {each['detected_from'] * 100:g} %"


def show_agreement(console: Console, found: Agreement) -> None:
    """Show whether records agree."""
    for name, host in zip(found.names, found.hosts, strict=True):
        say(console, f"{name}: {host}")
    for name, said in found.versions.items():
        say(console, Words(f"{name} differs: {' / '.join(said)}", f"{name} 不同：{' / '.join(said)}"), 2)
    say(console, agreement(found), style="bold green" if found.agrees else "bold red")
    for name in found.not_valid:
        say(console, Words(f"{name}: {NOT_VALID.en}", f"{name}：{NOT_VALID.zh}"), style="bold red")


def agreement(found: Agreement) -> Words:
    """Return what records say of each other, in a sentence."""
    if found.equal:
        return Words("equal: the digests of all results are the same", "一致：全部结果的摘要相同")
    apart = number(found.largest_difference)
    if found.agrees:
        return Words(
            f"the same but for rounding: at most {apart} apart ({found.where})",
            f"除舍入外一致：最大相差 {apart}（{found.where}）",
        )
    return Words(f"NOT the same: {apart} apart at {found.where}", f"不一致：{found.where} 相差 {apart}")


def write_validation_page(document: Mapping[str, Any], path: Path) -> None:
    """Write a record as one self-contained page."""
    from steelyard.bench.durable import write_durably

    page = template("validated.html").render(
        document=document,
        results=document["results"],
        said=conclusion(document),
        kind="conforms" if document["valid"] else "does-not-conform",
        described=described(document),
        products=PRODUCTS,
        number=number,
        bias=bias,
        told=told,
        sameness=sameness,
        about_bounds=ABOUT_BOUNDS,
        css=style_sheets("page.css"),
        language=None,
    )
    write_durably(path, page.encode())
