"""Does what a page says: writes the files that it shows, and types the commands that it shows."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import NamedTuple

PORT = "8000"
"""The port that pages name; a free one takes its place."""


class Typed(NamedTuple):
    """A command, and what came of it."""

    line: str
    code: int
    said: str
    errors: str

    @property
    def expected(self) -> int:
        """The exit code that the page states in a comment."""
        found = re.search(r"#.*exit codes? (\d+)", self.line)
        return int(found[1]) if found else 0


def blocks(page: Path, kind: str) -> Iterator[str]:
    """Yield the blocks of a kind that the page marks as executed."""
    pattern = rf"<!-- executed by [^\n]*? -->\n```{kind}\n(.*?)```"
    yield from (found[1] for found in re.finditer(pattern, page.read_text("utf-8"), re.DOTALL))


def write_files(page: Path, folder: Path) -> None:
    """Write the files that a page shows."""
    for found in re.finditer(
        r"<!-- file (\S+), executed by [^\n]*? -->\n```\w+\n(.*?)```", page.read_text("utf-8"), re.DOTALL
    ):
        (folder / found[1]).parent.mkdir(parents=True, exist_ok=True)
        (folder / found[1]).write_text(found[2], "utf-8")


def install(folder: Path) -> None:
    """Make a folder's plug-ins known as ``pip install -e`` would, for whom it is on the path, without an index."""
    project = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]
    known = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    known.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (known / "METADATA").write_text(head, "utf-8")
    lines = []
    for group, plugins in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {module}" for name, module in plugins.items())]
    (known / "entry_points.txt").write_text("\n".join(lines) + "\n", "utf-8")


def type_commands(page: Path, folder: Path, see: Callable[[Typed], None]) -> None:
    """Type the commands of a page in a folder; what ends in & runs until the page ends."""
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(folder),
        "PYTHONWARNINGS": "error",
    }
    port = str(_free_port())
    with ExitStack() as running:
        for block in blocks(page, "sh"):
            for line in block.replace("\\\n", "").splitlines():
                command = line.replace(PORT, port)
                if command.endswith("&"):
                    running.enter_context(_in_background(command.removesuffix("&"), folder, environment, int(port)))
                    continue
                ran = subprocess.run(
                    ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
                )
                see(Typed(line, ran.returncode, ran.stdout, ran.stderr))


def comes_true(pages: Sequence[Path], folder: Path) -> int:
    """Write the files of pages and type their commands; hold exit codes and what is printed to what they say.

    Returns how many commands were typed.
    """
    typed: list[Typed] = []
    for page in pages:
        write_files(page, folder)
        type_commands(page, folder, typed.append)
    assert [each for each in typed if each.code != each.expected] == []
    said = " ".join(" ".join(each.said.split()) for each in typed)
    for page in pages:
        for block in re.findall(r"```text\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            for line in block.splitlines():
                assert " ".join(line.split()) in said, line
    return len(typed)


@contextmanager
def _in_background(command: str, folder: Path, environment: dict[str, str], port: int) -> Iterator[None]:
    """Run a service until the block ends, once it can be reached."""
    with subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder, env=environment) as process:
        try:
            for _ in range(3000):
                with closing(socket.socket()) as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert process.poll() is None, f"{command} ended"
                time.sleep(0.1)
            else:
                raise AssertionError(f"{command} does not listen on port {port}")
            yield
        finally:
            process.kill()


def _free_port() -> int:
    with closing(socket.socket()) as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])
