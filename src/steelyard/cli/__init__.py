"""The command line: a file for each command, a folder for each group of them; thin readers of the Python interface."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from steelyard.cli._stopping import CtrlC, exit_code


def main() -> None:
    """Run the command line and exit with its code."""
    ctrl_c = CtrlC()
    try:
        ctrl_c.answer()  # before anything else is imported
        _command_line()
    except BaseException as ended:
        ctrl_c.over = True
        code = exit_code(ended, ctrl_c)
        if code is None:
            raise
        sys.exit(code)


def _named(commands: Iterable[str], words: Sequence[str]) -> list[str]:
    """Return the command that is named, or those of its folder; all where none is: help lists them, errors offer one.

    To import the others would take longer than all else that a command does before it begins.
    """
    known = list(commands)
    return [name for name in known if name.partition(".")[0] in words] or known


def _command_line() -> None:
    """Make the commands and do what was typed; it ends by raising."""
    from importlib import import_module

    import typer

    from steelyard.core.plugins import load, plugins
    from steelyard.core.words import Words

    about = Words(
        "A test bench for AI products: it says what is proved, and what is not.",
        "人工智能产品检测台：说明哪些已得到证明，哪些没有。",
    )
    app = typer.Typer(
        help=str(about),
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,  # Rich is imported where it prints
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback(invoke_without_command=True)
    def steelyard(
        version: bool = typer.Option(False, "--version", help=str(Words("Show the version.", "显示版本。"))),
    ) -> None:
        if version:
            from importlib.metadata import version as installed

            print(f"steelyard {installed('steelyard')}")
            raise typer.Exit

    groups: dict[str, typer.Typer] = {}
    for name in _named(plugins(__name__), sys.argv[1:2]):
        module = load(__name__, name, Words("command", "命令"))
        folder, _, last = name.rpartition(".")
        if folder and folder not in groups:  # a folder is a command that has commands of its own
            whole = import_module(f"{__name__}.{folder}")
            bare = getattr(whole, "command", None)  # what a folder does that is typed by itself; most show their help
            groups[folder] = typer.Typer(no_args_is_help=bare is None, rich_markup_mode=None)
            if bare is not None:
                groups[folder].callback(invoke_without_command=True)(bare)
            app.add_typer(groups[folder], name=folder, help=str(whole.ABOUT))
        groups.get(folder, app).command(last, help=str(module.ABOUT))(module.command)
    app()
