"""Opens what a bundle withholds, sample by sample, to whom it concerns: an auditor, a court, one day everybody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from steelyard.core.canonical import canonical, sha256
from steelyard.core.errors import CallError, EvidenceError, nearest
from steelyard.core.words import Words
from steelyard.report.proof import answers, withheld
from steelyard.report.proof.bundle import MANIFEST
from steelyard.report.proof.bundle_parts import parts_of
from steelyard.report.proof.commitments import commitment
from steelyard.report.proof.evidence import WITHHELD, hashes_in, loaded
from steelyard.report.proof.unpacked import BadEvidence, json_of

FORMAT = "steelyard/disclosure/1"
MEMBERS = (WITHHELD, answers.HASHES)
"""Members of hashes that can be opened."""
MOST_BYTES = 2**31
"""As many as a bundle can have that the second program reads."""
SALT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Disclosure:
    """Texts and salts of some samples, by the member that holds their hashes and their places in the split."""

    bundle: str
    """Digest of the bundle's manifest."""
    opened: Mapping[str, Mapping[int, tuple[bytes, bytes]]]
    """Salt and text."""

    @property
    def samples(self) -> list[int]:
        """Places of the samples that it opens."""
        return sorted({place for each in self.opened.values() for place in each})

    def document(self) -> bytes:
        """Return it as a file: canonical JSON."""
        said = {
            member: [
                {"place": place, "salt": salt.hex(), "said": json.loads(text)}
                for place, (salt, text) in sorted(each.items())
            ]
            for member, each in self.opened.items()
        }
        return canonical({"format": FORMAT, "bundle": self.bundle, "samples": said}) + b"\n"


def disclose(
    folder: Path, members: Mapping[str, bytes], ids: Sequence[str] | None, test_set: str | None = None
) -> Disclosure:
    """Return what opens some samples of a bundle.

    Parameters
    ----------
    folder : Path
        Of the run that was bundled; the salts are kept there.
    members : mapping of str to bytes
        Of the bundle.
    ids : sequence of str, optional
        Of the samples to open; all, where none are named.
    test_set : str, optional
        Name or folder of the set, where that is not in the library.

    Raises
    ------
    CallError
        Where the bundle withholds nothing, or is of another run or other salts; or there is no such sample.
    """
    held = [member for member in MEMBERS if member in members]
    if not held:
        raise CallError(
            Words("The bundle withholds nothing: there is nothing to disclose.", "该报告包未封存任何内容，无需披露。")
        )
    parts = parts_of(folder, test_set)
    places = _places(parts.ids, ids)
    opened: dict[str, dict[int, tuple[bytes, bytes]]] = {}
    for member in held:
        texts, hashes = parts.texts(member), hashes_in(members[member])
        if len(hashes) != len(texts):
            raise _other(folder)
        opened[member] = {place: (parts.salt(member, place), texts[place]) for place in places}
        for place, (salt, text) in opened[member].items():
            if commitment(salt, text) != hashes[place].tobytes():
                raise _other(folder)
    return Disclosure(sha256(members[MANIFEST]), opened)


def _places(known: Sequence[str], ids: Sequence[str] | None) -> list[int]:
    """Return where samples stand in the split."""
    if ids is None:
        return list(range(len(known)))
    place = {name: number for number, name in enumerate(known)}
    for name in ids:
        if name not in place:
            near = nearest(name, known)
            raise CallError(
                Words(f"The tested split has no sample {name!r}.", f"所测划分中没有样本 {name!r}。"),
                None if near is None else Words(f"Did you mean {near}?", f"是否指 {near}？"),
            )
    return sorted({place[name] for name in ids})


def _other(folder: Path) -> CallError:
    return CallError(
        Words(
            f"The bundle is not of {folder} with the salts that are there now.", f"该报告包与 {folder} 现有盐值不符。"
        ),
        Words("Name the folder of its run, with the salts file of that time.", "请给出其检测目录及当时的盐值文件。"),
    )


def read_disclosure(path: Path) -> Disclosure:
    """Return the disclosure in a file.

    Raises
    ------
    CallError
        Where there is no such file.
    EvidenceError
        Where it is none.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes")
        said = json_of(path.read_bytes())
        if said["format"] != FORMAT or not said["samples"].keys() <= set(MEMBERS):
            raise ValueError(f"it is no {FORMAT}")
        if said.keys() != {"format", "bundle", "samples"}:
            raise ValueError("it has other parts")
        opened = {member: dict(map(_opened, each)) for member, each in said["samples"].items()}
        if any(len(opened[member]) != len(each) for member, each in said["samples"].items()):
            raise ValueError("a sample stands in it twice")
        return Disclosure(str(said["bundle"]), opened)
    except OSError as error:
        raise CallError(
            Words(f"cannot read {path}: {error.strerror}.", f"无法读取 {path}：{error.strerror}。"),
            Words("Name a file that steelyard disclose made.", "请给出由 steelyard disclose 生成的文件。"),
        ) from None
    except (BadEvidence, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise EvidenceError(
            Words(f"{path} is no disclosure: {error}.", f"{path} 不是披露文件：{error}。"),
            Words("Ask whoever issued it for the file again.", "请向出具方重新索取该文件。"),
        ) from None


def _opened(one: Mapping[str, Any]) -> tuple[int, tuple[bytes, bytes]]:
    """Return place, salt and text of a sample; `ValueError` where they are written in another way than here."""
    if one.keys() != {"place", "salt", "said"}:
        raise ValueError("a sample has other parts")
    if type(one["place"]) is not int or one["place"] < 0:
        raise ValueError(f"{one['place']!r} is no place")
    if not isinstance(one["salt"], str) or not SALT.fullmatch(one["salt"]):
        raise ValueError(f"the salt of sample {one['place']} is none")
    return one["place"], (bytes.fromhex(one["salt"]), canonical(one["said"]))


def hold_disclosure(received: Mapping[str, bytes], disclosed: Disclosure) -> tuple[Words, Mapping[str, bytes]]:
    """Check that what is disclosed is what was committed to; return what was, and the members with what is now whole.

    Raises
    ------
    BadEvidence
        Where it is of another bundle, or a hash does not fit.
    """
    if disclosed.bundle != sha256(received[MANIFEST]):
        raise BadEvidence("what is disclosed is of another bundle", "所披露内容属于另一报告包")
    whole = dict(received)
    samples = len(loaded(received["evidence/rows.npy"], 1))
    for member, texts in disclosed.opened.items():
        if member not in received:
            raise BadEvidence(f"the bundle has no {member}", f"报告包中没有 {member}")
        hashes = hashes_in(received[member])
        for place, (salt, text) in texts.items():
            if not 0 <= place < len(hashes) or commitment(salt, text) != hashes[place].tobytes():
                raise BadEvidence(
                    f"sample {place}: what is disclosed is not what {member} commits to",
                    f"样本 {place}：所披露内容与 {member} 的承诺不符",
                )
        if len(texts) == len(hashes) == samples:
            said = [text for _, (_, text) in sorted(texts.items())]
            whole |= _whole(received, member, said)
    missing = [member for member in MEMBERS if member in received and len(disclosed.opened.get(member, ())) < samples]
    count = len(disclosed.samples)
    if missing:
        return Words(
            f"{count:,} of {samples:,} samples are disclosed, and are what the bundle commits to",
            f"已披露 {samples:,} 个样本中的 {count:,} 个，均与报告包的承诺一致",
        ), whole
    return Words(
        f"all {samples:,} samples are disclosed, and are what the bundle commits to",
        f"全部 {samples:,} 个样本均已披露，且与报告包的承诺一致",
    ), whole


def _whole(received: Mapping[str, bytes], member: str, said: Sequence[bytes]) -> dict[str, bytes]:
    if member == WITHHELD:
        return withheld.with_rows(received, said)
    plan: Any = json_of(received["plan.json"])["plan"]
    tested = loaded(received["evidence/tested.npy"], 1).tolist()
    rounds = int(plan["repeats"]) * int(plan["sessions"])
    texts = [json.loads(text) for text in said]
    return {answers.ANSWERS: answers.written(answers.of_texts(texts, tested, rounds))}
