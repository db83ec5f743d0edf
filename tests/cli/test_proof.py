"""The commands of docs/proof.md, and what they answer to a wrong call."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "proof.md"


def steelyard(*arguments: str, folder: Path, language: str = "en", **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "STEELYARD_LANGUAGE": language,
        "STEELYARD_HOME": str(folder / "home"),
        "COLUMNS": "120",
    }
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=environment | more,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the page's commands were run."""
    place = tmp_path_factory.mktemp("proof")
    found = re.search(r"<!-- executed by .*? -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    for line in found[1].splitlines():
        program, *arguments = shlex.split(line)
        assert program == "steelyard"
        ended = steelyard(*arguments, folder=place)
        assert ended.returncode == (11 if arguments[0] == "run" else 0), ended.stderr
    return place


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("en", ["All holds. Signed by laboratory.", "computed again"]),
        ("zh", ["全部成立。签名者：laboratory。", "重新计算"]),
    ],
)
def test_one_screen(language: str, says: list[str], folder: Path) -> None:
    ended = steelyard("verify", "report.zip", folder=folder, language=language)
    assert ended.returncode == 0
    for piece in says:
        assert piece in ended.stdout
    assert len(ended.stdout.splitlines()) < 40


def test_for_a_stranger(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes((folder / "report.zip").read_bytes())
    assert steelyard("verify", "report.zip", folder=tmp_path).returncode == 11
    key = folder / "home" / "keys" / "laboratory.pub"
    assert steelyard("verify", "report.zip", "--trust", str(key), folder=tmp_path).returncode == 0
    assert steelyard("verify", "report.zip", folder=tmp_path).returncode == 11  # it was for that once
    assert steelyard("keys", "trust", str(key), "--name", "lab", folder=tmp_path).returncode == 0
    said = json.loads(steelyard("verify", "report.zip", "--json", folder=tmp_path).stdout)
    assert (said["holds"], said["exit_code"], [one["name"] for one in said["signed_by"]]) == (True, 0, ["lab"])
    assert "lab" in steelyard("keys", "list", folder=tmp_path).stdout


def test_answers_in_clear_and_hashed(folder: Path) -> None:
    blocks = re.findall(r"<!-- executed by .*? -->\n```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    said = []
    for line in "".join(blocks[1:]).splitlines():
        _, *arguments = shlex.split(line, comments=True)
        ended = steelyard(*arguments, folder=folder)
        expected = re.search(r"exit code (\d+)$", line)
        assert ended.returncode == int(expected[1] if expected else 0), ended.stderr
        said.append(" ".join(ended.stdout.split()))
    assert [text for text in said if text.startswith("product")] == [said[1], said[4]]
    assert "counted again from the product's answers and the set" in said[1]
    assert "all 189 samples are disclosed" in said[4]


def test_a_witness(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "report.zip").write_bytes((folder / "report.zip").read_bytes())
    steelyard("keys", "new", "witness", folder=tmp_path)
    key = folder / "home" / "keys" / "laboratory.pub"
    steelyard("keys", "trust", str(key), folder=tmp_path)
    ended = steelyard("sign", "report.zip", "--key", "witness", folder=tmp_path)
    assert ended.returncode == 0
    assert "Signed by witness, laboratory." in ended.stdout


def test_what_does_not_hold_is_not_signed(folder: Path, tmp_path: Path) -> None:
    data = bytearray((folder / "report.zip").read_bytes())
    place = data.index(b'"verdict": "undetermined"')
    data[place : place + 25] = b'"verdict": "conforms"    '
    (tmp_path / "report.zip").write_bytes(data)
    steelyard("keys", "new", "witness", folder=tmp_path)
    for arguments in (["verify", "report.zip"], ["sign", "report.zip", "--key", "witness"]):
        ended = steelyard(*arguments, folder=tmp_path)
        assert ended.returncode == 12
        assert "report.zip is no bundle" in ended.stderr  # the archive's own checksum of the member is wrong
    assert (tmp_path / "report.zip").read_bytes() == data


def test_a_private_key_is_its_owner_s(folder: Path, tmp_path: Path) -> None:
    key = folder / "home" / "keys" / "laboratory.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    steelyard("keys", "new", "locked", folder=tmp_path, STEELYARD_KEY_PASSPHRASE="a steelyard weighs")
    assert b"ENCRYPTED" in (tmp_path / "home" / "keys" / "locked.key").read_bytes()
    (tmp_path / "report.zip").write_bytes((folder / "report.zip").read_bytes())
    ended = steelyard("sign", "report.zip", "--key", "locked", folder=tmp_path)
    assert ended.returncode == 2
    assert "STEELYARD_KEY_PASSPHRASE" in ended.stderr
    ended = steelyard(
        "sign", "report.zip", "--key", "locked", folder=tmp_path, STEELYARD_KEY_PASSPHRASE="a steelyard weighs"
    )
    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["verify", "nothing.zip"], 2, "cannot read nothing.zip: No such file"),
        (["verify", "run/report.json"], 12, "run/report.json is no bundle"),
        (["verify", "report.zip", "--set", "wdcb"], 2, "Did you mean wdbc"),
        (["verify", "report.zip", "--trust", "run/plan.json"], 2, "run/plan.json holds no key"),
        (["bundle", "nowhere"], 2, "nowhere holds no run"),
        (["bundle", "run", "--key", "laboratry"], 2, "Did you mean laboratory"),
        (["bundle", "run", "--set", "wdcb"], 2, "Did you mean wdbc"),
        (["bundle", "run", "--out", "nowhere/x.zip"], 2, "cannot write nowhere/x.zip: No such file"),
        (["bundle", "run", "--out", "."], 2, "cannot write .: Is a directory"),
        (["sign", "report.zip", "--key", "nobody"], 2, "There is no key called 'nobody'"),
        (["bundle", "run", "--outputs", "claer"], 2, "Did you mean clear?"),
        (["disclose", "run"], 2, "Say which samples are to be opened."),
        (["disclose", "run", "--all", "--bundle", "report.zip"], 2, "withholds nothing"),
        (["verify", "report.zip", "--disclosed", "run/plan.json"], 12, "run/plan.json is no disclosure"),
        (["keys", "new", "laboratory"], 2, "there is a key laboratory already"),
        (["keys", "new", "../laboratory"], 2, "cannot be the name of a key"),
        (["keys", "trust", "run/plan.json"], 2, "holds no key"),
    ],
)
def test_wrong_calls(arguments: list[str], code: int, says: str, folder: Path) -> None:
    ended = steelyard(*arguments, folder=folder)
    assert ended.returncode == code, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
