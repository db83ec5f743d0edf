"""What both commands that issue a page do first: check the bundle, and the receipt where there is one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.core.errors import CallError
from steelyard.core.words import Words

if TYPE_CHECKING:
    from steelyard.report.issued import Entered, Standing
    from steelyard.report.proof.verified import Verified

Receipt = Annotated[
    Path | None,
    typer.Option(
        "--receipt",
        metavar="RECEIPT.json",
        help=str(
            Words(
                "That it stands in a transparency log (steelyard log prove); it is checked.",
                "透明日志的回执（steelyard log prove）；将予核验。",
            )
        ),
    ),
]
Asked = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="LOG",
        help=str(
            Words(
                "Log that is asked whether the report is valid today; the page says so.",
                "查询该日志：报告今日是否有效，并写入页面。",
            )
        ),
    ),
]

Clocks = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust-timestamps",
        metavar="CA.pem",
        help=str(
            Words(
                "Certificates of timestamping authorities (RFC 3161) whose word on times counts; again for more.",
                "可信时间戳机构（RFC 3161）的证书；可重复。",
            )
        ),
    ),
]


def writable(out: Path, bundle: Path, *read: Path | None) -> None:
    """Refuse to write a page over what it is made from, or over a run's own files.

    Parameters
    ----------
    out : Path
        Where the page is to be written.
    bundle : Path
        From which it is made.
    *read : Path or None
        What else is read for it: keys, certificates, a receipt, a log's folder.

    Raises
    ------
    CallError
        Where something is lost that cannot be made again from the bundle.
    """
    if out.name == "report.html" and (out.parent / "plan.json").exists():
        what = Words(
            f"{out} is the run's own page, which its bundle holds.", f"{out} 是检测自身的页面，报告包中含有该页面。"
        )
    elif any(_within(out, each) for each in (bundle, *read) if each is not None):
        what = Words(f"{out} is read for this: it would be lost.", f"{out} 是此次读取的文件：写入会使其丢失。")
    elif _begins(out, b"PK"):
        what = Words(f"{out} is a bundle: it would be lost.", f"{out} 是报告包：写入会使其丢失。")
    elif (out.parent / "plan.json").exists() and out.exists() and not _begins(out, b"%PDF", b"<!doctype html>"):
        what = Words(f"{out} is one of the run's own files.", f"{out} 是检测自身的文件。")
    else:
        return
    raise CallError(what, Words("Choose another --out.", "请另选 --out。"))


def _within(out: Path, read: Path) -> bool:
    """Whether a file is what is read, by whatever name, or lies in a folder that is."""
    if out.exists() and read.exists() and out.samefile(read):
        return True
    return read.is_dir() and out.resolve().is_relative_to(read.resolve())


def _begins(path: Path, *heads: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(max(map(len, heads))).startswith(heads)


def checked(
    file: Path, trust: Sequence[Path], receipt: Path | None, log: Path | None, clocks: Sequence[Path] | None = None
) -> tuple[Mapping[str, bytes], Verified, Entered | None, Standing | None]:
    """Return a bundle's members with what came of checking them, receipt and log; end where they do not hold."""
    from steelyard.cli._terminal import console
    from steelyard.report.proof.container import unpacked
    from steelyard.report.proof.keys import trusted_keys
    from steelyard.report.proof.timestamps import authorities_in
    from steelyard.report.proof.verified import show_verified, verified

    members, keys = unpacked(file), trusted_keys(list(trust))
    found = verified(members, keys, authorities=None if clocks is None else authorities_in(clocks))
    if not found.holds:
        show_verified(console(), found)
        raise typer.Exit(found.exit_code)
    entered = None if receipt is None else _entered(receipt, file, trust)
    return members, found, entered, None if log is None else _stands(log, file, members, found, trust)


def _entered(receipt: Path, file: Path, trust: Sequence[Path]) -> Entered:
    from steelyard.registry.entries import check_receipt
    from steelyard.report.issued import Entered
    from steelyard.report.proof.keys import trusted_keys

    checked = check_receipt(receipt, file, trusted_keys(list(trust)))
    found, head = checked.receipt, checked.receipt.head
    names = tuple(key.name for key in checked.signed)
    return Entered(found.index, found.size, str(found.entry["at"]), head.root, head.at, names)


def _stands(log: Path, file: Path, members: Mapping[str, bytes], checked: Verified, trust: Sequence[Path]) -> Standing:
    from steelyard.bench.reopened import plan_of
    from steelyard.registry.entries import answers_of
    from steelyard.registry.shown import stands
    from steelyard.registry.standing import standing, today
    from steelyard.report.issued import Standing
    from steelyard.report.proof.keys import trusted_keys

    bundle, plan = str(checked.said.get("bundle")), plan_of(json.loads(members["plan.json"]), file)
    keys, answers = trusted_keys(list(trust)), answers_of(members)
    found = standing(log, bundle, keys, today(), plan=plan, answers=answers)
    return Standing(found.valid, stands(found), found.exit_code)


def end(found: Verified, stood: Standing | None) -> None:
    """End as ``steelyard verify`` does where nobody who is trusted has signed, or the log says that it is not valid.

    The page that was made says so too.
    """
    from steelyard.report.proof.verified import conclusion

    if found.exit_code:
        typer.echo(str(conclusion(found)), err=True)
    if stood is not None and stood.exit_code:
        typer.echo(str(stood.words), err=True)
    code = max(found.exit_code, 0 if stood is None else stood.exit_code)
    if code:
        raise typer.Exit(code)
