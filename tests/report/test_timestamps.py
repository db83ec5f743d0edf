"""Timestamps of a real authority hold, and nothing that was done to one does."""

from __future__ import annotations

import io
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from rich.console import Console

from steelyard.core.canonical import canonical, sha256
from steelyard.core.errors import CallError, EvidenceError, SteelyardError
from steelyard.report.proof import timestamps
from steelyard.report.proof.container import packed, unpacked
from steelyard.report.proof.dsse import read_envelope
from steelyard.report.proof.keys import PrivateKey, new_key, private_key
from steelyard.report.proof.signing import sign
from steelyard.report.proof.timestamps import JUDGED, PLACE, authorities_in, stamp, stamped_bytes, stamps
from steelyard.report.proof.verified import Verified, show_verified, verified

attacks = runpy.run_path(str(Path(__file__).parent / "attacks.py"))
timestamping = runpy.run_path(str(Path(__file__).parent / "timestamping.py"))
Members = Mapping[str, bytes]

pytestmark = pytest.mark.skipif(timestamping["OPENSSL"] is None, reason="there is no openssl program here")


@pytest.fixture(autouse=True)
def nobody_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return timestamping["Authority"](tmp_path_factory.mktemp("authority") / "tsa")


@pytest.fixture(scope="module")
def url(authority: Any) -> Iterator[str]:
    with authority.served() as address:
        yield address


@pytest.fixture
def trusted(authority: Any) -> Any:
    return authorities_in([authority.ca])


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> PrivateKey:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEELYARD_HOME", str(tmp_path_factory.mktemp("keys")))
        new_key("laboratory")
        return private_key("laboratory")


@pytest.fixture(scope="module")
def stamped(bundles: Mapping[str, Members], laboratory: PrivateKey, url: str) -> dict[str, bytes]:
    return stamp(sign(bundles["drawn"], laboratory), laboratory.public.id, url)


def token_of(members: Members) -> str:
    return next(name for name in members if name.startswith(PLACE))


def fault(found: Verified) -> str:
    (check,) = (each for each in found.checks if each.name == "timestamps")
    return "" if check.fault is None else check.fault.en


def test_a_timestamp_says_who_and_when(stamped: Members, laboratory: PrivateKey, trusted: Any) -> None:
    found = verified(stamped, [laboratory.public], authorities=trusted)
    assert (found.exit_code, fault(found)) == (0, "")
    (shown,) = stamps(stamped, trusted)
    assert (shown.key, shown.by) == (laboratory.public.id, "CN=Clock tsa")
    (check,) = (each for each in found.checks if each.name == "timestamps")
    assert f"the signature of laboratory existed before {shown.before}, says CN=Clock tsa" in check.what.en
    assert "之前已存在" in check.what.zh
    created = json.loads(stamped["report.json"])["created"]
    assert shown.before >= created
    assert found.document()["timestamps"] == [{"key": shown.key, "before": shown.before, "by": shown.by}]


def test_openssl_says_the_same(stamped: Members, authority: Any) -> None:
    (authority.folder / "held.tsr").write_bytes(stamped[token_of(stamped)])
    (authority.folder / "judged.dsse.json").write_bytes(stamped[JUDGED])  # one key has signed: it is the file itself
    said = authority.openssl("ts -verify -in held.tsr -data judged.dsse.json -CAfile ca.pem")
    assert "Verification: OK" in said


def test_without_a_name_of_trust_it_is_said_not_to_be_checked(stamped: Members, laboratory: PrivateKey) -> None:
    found = verified(stamped, [laboratory.public])
    assert found.exit_code == 0
    assert found.document()["timestamps"] is None
    assert "its timestamps (1) were not checked" in found.not_proved[-1].en
    said = io.StringIO()
    show_verified(Console(file=said, width=200), found)  # what to type stands in the terminal, and on no page
    assert "[--trust-timestamps CA.pem]" in said.getvalue()
    assert "签名时间" in found.not_proved[-1].zh


def test_who_asks_for_a_time_is_told_that_there_is_none(
    bundles: Mapping[str, Members], laboratory: PrivateKey, trusted: Any
) -> None:
    found = verified(sign(bundles["drawn"], laboratory), [laboratory.public], authorities=trusted)
    assert found.holds
    assert found.exit_code == 11


def test_an_entry_of_no_key_that_somebody_has_stamped_is_no_answer(
    bundles: Mapping[str, Members], laboratory: PrivateKey, trusted: Any, url: str
) -> None:
    """Anybody can add an entry to an envelope, and have it stamped: nothing that was asked is shown."""
    signed, ghost = dict(sign(bundles["drawn"], laboratory)), "sha256:" + "5" * 64
    for name in [name for name in signed if name.endswith(".dsse.json")]:
        envelope = read_envelope(signed[name])
        more = tuple(sorted((*envelope.signatures, (ghost, b"no signature"))))
        signed[name] = replace(envelope, signatures=more).document()
    found = verified(stamp(signed, ghost, url), [laboratory.public], authorities=trusted)
    assert (found.holds, found.exit_code) == (True, 11)
    (check,) = (each for each in found.checks if each.name == "timestamps")
    assert f"an unverified entry in the name of {ghost[:19]}… existed before" in check.what.en
    assert "未经核验的条目" in check.what.zh
    shown = io.StringIO()
    show_verified(Console(file=shown, width=200), found)
    assert "It bears no timestamp on a signature that you trust." in shown.getvalue()
    both = stamp(stamp(signed, ghost, url), laboratory.public.id, url)
    assert verified(both, [laboratory.public], authorities=trusted).exit_code == 0


def test_a_witness_s_signature_leaves_it_true(
    stamped: Members, laboratory: PrivateKey, key: PrivateKey, trusted: Any, url: str
) -> None:
    both = sign(stamped, key)
    assert len(stamps(both, trusted)) == 1
    again = stamp(stamp(both, key.public.id, url), laboratory.public.id, url, trusted)
    assert sorted(each.key for each in stamps(again, trusted)) == sorted(
        [laboratory.public.id, laboratory.public.id, key.public.id]
    )
    assert verified(again, [laboratory.public, key.public], authorities=trusted).exit_code == 0


# --- What is wrong with it -----------------------------------------------------------------------------------------


class Situation(NamedTuple):
    """What a bad token is made of."""

    members: Mapping[str, bytes]
    key: PrivateKey
    authority: Any
    url: str

    @property
    def token(self) -> bytes:
        return self.members[token_of(self.members)]


def expired(at: Situation) -> bytes:
    return stamp(at.members, at.key.public.id, f"{at.url}/expired")[f"{PLACE}{at.key.public.id[7:]}/1.tsr"]


def query(data: bytes) -> bytes:
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    return TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build().as_bytes()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (lambda at: at.authority.reply(query(b"another report")), "Mismatch between messages"),
        (expired, "certificate has expired"),
        (lambda at: at.authority.signed_by_a_server(at.token), "unsuitable certificate purpose"),
        (lambda at: at.authority.reply(b"0\x030\x01\x02"), "does not hold"),
        (lambda _: b"", "it is no timestamp"),
        (lambda _: b"0" * 70000, "it is no timestamp"),
        (lambda at: at.token + b"\0", "it is no timestamp"),
        (lambda at: at.token[:-3], "it is no timestamp"),
    ],
)
def test_a_bad_token_fails(
    bad: Callable[[Situation], bytes],
    says: str,
    stamped: Members,
    laboratory: PrivateKey,
    authority: Any,
    url: str,
    trusted: Any,
) -> None:
    members = dict(stamped)
    members[token_of(stamped)] = bad(Situation(stamped, laboratory, authority, url))
    found = verified(members, [laboratory.public], authorities=trusted)
    assert found.exit_code == 12
    assert says in fault(found)


def test_no_bit_of_what_is_said_can_change(stamped: Members, trusted: Any) -> None:
    """Its time, its digest, what it signs of them, and the signature; not certificates that nobody needs."""
    name = token_of(stamped)
    token = stamped[name]
    start = token.index(bytes.fromhex(sha256(stamped_bytes(stamped, f"sha256:{name.split('/')[2]}"))[7:]))
    for place in (*range(start, start + 80), *range(len(token) - 60, len(token))):
        changed = bytearray(token)
        changed[place] ^= 1
        with pytest.raises(EvidenceError):
            stamps(dict(stamped) | {name: bytes(changed)}, trusted)


def test_a_root_is_enough_for_who_is_certified_below(
    stamped: Members, laboratory: PrivateKey, url: str, authority: Any, trusted: Any
) -> None:
    again = stamp(stamped, laboratory.public.id, f"{url}/below", trusted)
    assert [each.by for each in stamps(again, trusted)] == ["CN=Clock tsa", "CN=Clock below"]
    with pytest.raises(EvidenceError, match="does not hold"):
        stamps(again, authorities_in([authority.folder / "between.pem"]))


def test_a_report_that_is_dated_after_its_signature(
    bundles: Mapping[str, Members], laboratory: PrivateKey, url: str, trusted: Any
) -> None:
    later = attacks["renamed"](
        attacks["change"]("report.json", "created", to="2999-01-01T00:00:00+00:00")(dict(bundles["drawn"]))
    )
    found = verified(
        stamp(sign(later, laboratory), laboratory.public.id, url), [laboratory.public], authorities=trusted
    )
    assert found.exit_code == 12
    assert "says that it was made at 2999" in fault(found)


def test_what_is_no_report_is_said_where_reports_are_read(
    stamped: Members, laboratory: PrivateKey, trusted: Any
) -> None:
    for data in (b"", b"[]", b'{"created": "2999"}', b'{"created": "soon"}'):
        found = verified(dict(stamped) | {"report.json": data}, [laboratory.public], authorities=trusted)
        assert (found.exit_code, fault(found)) == (12, "")


def test_both_programs_refuse_very_many(
    stamped: Members, laboratory: PrivateKey, second: dict[str, ModuleType]
) -> None:
    name = token_of(stamped)
    members = dict(stamped) | {name.replace("/0.tsr", f"/{number}.tsr"): stamped[name] for number in range(70)}
    assert "there are 70 timestamps" in fault(verified(members, [laboratory.public]))
    program = second["program"]
    assert program.verify(packed(members), [("laboratory", laboratory.public._key)]) == 12


def test_another_s_root_is_not_trusted(stamped: Members, tmp_path: Path) -> None:
    other = timestamping["Authority"](tmp_path / "other")
    with pytest.raises(EvidenceError, match="does not hold"):
        stamps(stamped, authorities_in([other.ca]))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (f"{PLACE}{'0' * 64}/0.tsr", "has not signed"),
        (f"{PLACE}0/0.tsr", "it is no timestamp"),
        (f"{PLACE}readme.txt", "it is no timestamp"),
    ],
)
def test_both_programs_refuse_what_stamps_no_signature(
    name: str, says: str, stamped: Members, laboratory: PrivateKey, second: dict[str, ModuleType]
) -> None:
    members = dict(stamped) | {name: stamped[token_of(stamped)]}
    found = verified(members, [laboratory.public])
    assert (found.exit_code, says in fault(found)) == (12, True)
    program = second["program"]
    assert program.verify(packed(members), [("laboratory", laboratory.public._key)]) == 12


def test_the_second_program_says_that_it_leaves_them(
    stamped: Members, laboratory: PrivateKey, second: dict[str, ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    program = second["program"]
    assert program.verify(packed(stamped), [("laboratory", laboratory.public._key)]) == 0
    assert "not checked here: 1 timestamps" in capsys.readouterr().out


def test_a_bundle_that_nobody_signed_cannot_bear_one(
    bundles: Mapping[str, Members], stamped: Members, laboratory: PrivateKey, url: str
) -> None:
    name = token_of(stamped)
    assert "has not signed" in fault(verified(dict(bundles["drawn"]) | {name: stamped[name]}, []))
    with pytest.raises(EvidenceError, match="has not signed"):
        stamp(bundles["drawn"], laboratory.public.id, url)


# --- What is wrong with who answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "error", "says"),
    [
        ("/gone", CallError, "HTTP 503"),
        ("/refuses", EvidenceError, "the authority refuses"),
        ("/chatters", EvidenceError, "it is no timestamp"),
        ("/replays", EvidenceError, "another question"),
    ],
)
def test_an_answer_that_is_none(
    path: str,
    error: type[SteelyardError],
    says: str,
    stamped: Members,
    laboratory: PrivateKey,
    authority: Any,
    url: str,
) -> None:
    (authority.folder / "replay.tsr").write_bytes(stamped[token_of(stamped)])
    with pytest.raises(error, match=says):
        stamp(stamped, laboratory.public.id, url + path)


@pytest.mark.parametrize(
    "address", ["ftp://127.0.0.1/", "file:///etc/passwd", "nobody", "http://127.0.0.1:1/", "http://["]
)
def test_nobody_answers(address: str, stamped: Members, laboratory: PrivateKey) -> None:
    with pytest.raises(CallError) as caught:
        stamp(stamped, laboratory.public.id, address)
    assert caught.value.remedy is not None


def test_a_token_that_its_reader_would_refuse_is_not_added(
    stamped: Members, laboratory: PrivateKey, url: str, trusted: Any
) -> None:
    with pytest.raises(EvidenceError, match="certificate has expired"):
        stamp(stamped, laboratory.public.id, f"{url}/expired", trusted)


def test_the_library_is_named_where_it_is_missing(
    stamped: Members, trusted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(CallError, match=r"steelyard\[timestamp\]"):
        stamps(stamped, trusted)
    assert verified(stamped, []).holds  # who asks for no time needs no library


def test_files_without_certificates(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"")
    for name, says in (("empty.pem", "holds no certificate"), ("nowhere.pem", "No such file")):
        with pytest.raises(CallError, match=says):
            authorities_in([tmp_path / name])


def test_the_command_line(bundles: Mapping[str, Members], authority: Any, url: str, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes(packed(bundles["drawn"]))

    def steelyard(line: str, language: str = "en") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "STEELYARD_LANGUAGE": language,
            "STEELYARD_HOME": str(tmp_path / "home"),
            "PYTHONWARNINGS": "error",
        }
        command = [sys.executable, "-m", "steelyard", *line.split()]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    assert steelyard("keys new laboratory").returncode == 0
    ended = steelyard(f"sign report.zip --key laboratory --timestamp {url} --trust-timestamps {authority.ca}")
    assert ended.returncode == 0, ended.stderr
    assert "says CN=Clock tsa" in " ".join(ended.stdout.split())
    assert any(name.startswith(PLACE) for name in unpacked(tmp_path / "report.zip"))
    ended = steelyard(f"verify report.zip --trust-timestamps {authority.ca}", "zh")
    assert ended.returncode == 0
    assert "之前已存在" in "".join(ended.stdout.split())
    before = (tmp_path / "report.zip").read_bytes()
    ended = steelyard(f"sign report.zip --key laboratory --timestamp {url}/gone", "zh")
    assert (ended.returncode, "报告包未改动" in ended.stderr) == (2, True)
    assert (tmp_path / "report.zip").read_bytes() == before


def test_what_is_stamped_is_written_in_one_way(stamped: Members, laboratory: PrivateKey) -> None:
    data = stamped_bytes(stamped, laboratory.public.id)
    assert canonical(json.loads(data)) == data
    assert timestamps.MEMBER.fullmatch(token_of(stamped))
