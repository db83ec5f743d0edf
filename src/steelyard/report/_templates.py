"""How pages are made: one environment for their templates, one style, one way to switch languages."""

from __future__ import annotations

import contextlib
import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.library.home import home

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

HERE = Path(__file__).parent


@functools.cache
def template(name: str) -> jinja2.Template:
    """Return a page's template; to compile it takes longer than to fill it in."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        bytecode_cache=_compiled(),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["unbroken"] = _unbroken
    return environment.get_template(name)


def _compiled() -> jinja2.BytecodeCache:
    """Return where compiled templates are kept: to compile a page's anew takes longer than to fill them in."""
    import jinja2

    class Kept(jinja2.FileSystemBytecodeCache):
        def load_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
            with contextlib.suppress(OSError):
                super().load_bytecode(bucket)

        def dump_bytecode(self, bucket: jinja2.bccache.Bucket) -> None:
            with contextlib.suppress(OSError):  # a page needs no cache: its folder may be full, or read-only
                Path(self.directory).mkdir(mode=0o700, parents=True, exist_ok=True)
                super().dump_bytecode(bucket)

    return Kept(str(home() / "templates"))


def style_sheets(*names: str) -> Markup:
    """Return style sheets of ours, one after another."""
    from markupsafe import Markup

    return Markup("".join((HERE / name).read_text("utf-8") for name in names))  # noqa: S704 - our own files


def _unbroken(text: str) -> str:
    """Return text whose quantities and comparisons stay on one line."""
    return re.sub(r"(?<=[<>≤≥]) (?=\d)|(?<=\d) (?=%)", "\u00a0", text)
