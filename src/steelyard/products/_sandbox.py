"""Isolation by bubblewrap: a product sees the system read-only, its own folder, and nothing else."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from pathlib import Path

from steelyard.core.errors import CallError, ProductError, UnknownName
from steelyard.core.product import Isolation
from steelyard.core.words import Words

NAMES = ("none", "bwrap")
PROCESSES = 2
"""Bubblewrap's own, beside the product's."""
COMMON = {Path(folder) for folder in ("/", "/etc", "/home", "/opt", "/root", "/srv", "/tmp", "/var")}  # noqa: S108
"""Folders that hold other things than one product: of what lies in them it is shown the file alone."""
PRIVATE = "/tmp"  # noqa: S108 - the product's own, gone when it ends
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
SETTINGS = (  # of /etc, which also holds secrets
    *("alternatives", "fonts", "group", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "mime.types", "nsswitch.conf", "passwd", "ssl/certs", "ssl/openssl.cnf"),
)


def check(name: str) -> None:
    """Raise `CallError` where products cannot be isolated like this here, saying what is missing.

    Raises
    ------
    UnknownName
        Where there is no such isolation.
    """
    if name not in NAMES:
        raise UnknownName(Words("isolation", "隔离方式"), name, NAMES)
    if name == "none":
        return
    if shutil.which("bwrap") is None:
        raise CallError(
            Words(
                "--isolate=bwrap needs bubblewrap, which is not installed.",
                "--isolate=bwrap 需要 bubblewrap，尚未安装。",
            ),
            Words(
                "Install it: apt-get install bubblewrap, or dnf install bubblewrap. Or go without --isolate.",
                "请安装：apt-get install bubblewrap 或 dnf install bubblewrap。或不用 --isolate。",
            ),
        )
    why = _fault()
    if why is not None:
        raise CallError(
            Words(f"bubblewrap cannot isolate on this machine: {why}", f"bubblewrap 无法在本机隔离：{why}"),
            Words(
                "It needs user namespaces (sysctl kernel.unprivileged_userns_clone=1, or "
                "kernel.apparmor_restrict_unprivileged_userns=0), and in a container the right to mount /proc. "
                "Or go without --isolate.",
                "它需要用户命名空间（sysctl kernel.unprivileged_userns_clone=1，或 "
                "kernel.apparmor_restrict_unprivileged_userns=0）；在容器中还需挂载 /proc 的权限。或不用 --isolate。",
            ),
        )


@functools.cache
def _fault() -> str | None:
    """Return why bubblewrap does not work here, or None."""
    tried = subprocess.run([*_bare(), "true"], capture_output=True, text=True, check=False)
    return None if tried.returncode == 0 else (tried.stderr.strip() or f"exit code {tried.returncode}")


def enclosed(command: Sequence[str], readable: Iterable[Path], isolation: Isolation) -> list[str]:
    """Return the command that runs ``command`` in isolation.

    Parameters
    ----------
    command : sequence of str
        The product's.
    readable : iterable of Path
        Files and folders that it needs; none of them may lie in what is hidden.
    isolation : Isolation
        Of which kind, and what is hidden even where it lies in a readable folder.
    """
    if isolation.name == "none":
        return list(command)
    check(isolation.name)
    wrapped = _bare()
    hidden = {Path(folder).resolve() for folder in isolation.hidden}
    # A folder before what lies in it; each under the name that it is asked by, and under its real one.
    wanted = filter(_can_show, (*readable, *map(Path, isolation.shown)))
    shown = {name: path.resolve() for path in wanted for name in (path.absolute(), path.resolve())}
    for name, real in sorted(shown.items(), key=lambda item: len(item[0].parts)):
        inside = next((folder for folder in hidden if real.is_relative_to(folder)), None)
        if inside is not None:
            raise ProductError(
                Words(
                    f"the product needs {name}, which lies in {inside}: there it could read the answers.",
                    f"产品需要 {name}，而它位于 {inside}：产品在那里可读到答案。",
                ),
                Words(
                    "Keep product, sets and --out in folders of their own.", "请将产品、数据集与 --out 分置于不同目录。"
                ),
            )
        wrapped += ["--ro-bind", str(real), str(name)]
    system = {Path(folder): Path(folder).resolve() for folder in SYSTEM}
    for name, real in (shown | system).items():
        for folder in hidden:
            if folder.is_relative_to(real) and folder.is_dir():
                wrapped += ["--tmpfs", str(name / folder.relative_to(real))]
            elif folder.is_relative_to(real) and folder.is_file():  # a key
                wrapped += ["--ro-bind", "/dev/null", str(name / folder.relative_to(real))]
    here = str(Path.cwd())
    return [*wrapped, "--dir", here, "--chdir", here, "--remount-ro", "/", *command]


def _can_show(path: Path) -> bool:
    """Return whether a path exists, and is none that the sandbox has its own of."""
    real = path.resolve()
    own = any(real.is_relative_to(folder) for folder in ("/dev", "/proc", "/sys"))
    return real.exists() and not own and str(real) not in ("/", PRIVATE)


def _bare() -> list[str]:
    """Return bubblewrap's command for a sandbox that holds the system alone."""
    wrapped = ["bwrap", "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--proc", "/proc", "--dev", "/dev"]
    wrapped += ["--tmpfs", PRIVATE, "--setenv", "HOME", PRIVATE, "--setenv", "TMPDIR", PRIVATE]
    for folder in map(Path, SYSTEM):
        if folder.is_symlink():
            wrapped += ["--symlink", str(folder.readlink()), str(folder)]
        elif folder.exists():
            wrapped += ["--ro-bind", str(folder), str(folder)]
    for name in SETTINGS:
        wrapped += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return wrapped


def around(program: Path) -> list[Path]:
    """Return what a program needs: its folder, or, of an environment's ``bin``, the whole environment."""
    found = []
    for path in (program.absolute(), program.resolve()):
        environment = path.parent.name == "bin" and (path.parents[1] / "lib").is_dir()
        found.append(path.parents[1] if environment else beside(path))
    return found


def beside(path: Path) -> Path:
    """Return what a file or folder that a command names stands for: a folder itself, a file the folder around it."""
    if path.is_dir() or path.absolute().parent in COMMON:
        return path
    return path.absolute().parent


@functools.cache
def interpreter() -> tuple[Path, ...]:
    """Return what a Python product's process needs: interpreter, packages and this package, not the working folder."""
    ask = [sys.executable, "-P", "-c", "import json, sys; print(json.dumps(sys.path))"]
    said = subprocess.run(ask, capture_output=True, text=True, check=True).stdout
    own = Path(__file__).parents[2]
    return tuple(map(Path, (sys.prefix, sys.base_prefix, sysconfig.get_paths()["stdlib"], own, *json.loads(said))))
