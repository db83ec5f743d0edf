"""The command line: a file for each command, a folder for each group of them; thin readers of the Python interface."""

from __future__ import annotations

import sys
from importlib import import_module

from steelyard.core.errors import SteelyardError
from steelyard.core.plugins import load as load_plugin  # the command of this name would take its place
from steelyard.core.plugins import plugins
from steelyard.core.words import Words


def main() -> None:
    """Run the command line and exit with its code."""
    import typer

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
    for name in plugins(__name__):
        module = load_plugin(__name__, name, Words("command", "命令"))
        folder, _, last = name.rpartition(".")
        if folder and folder not in groups:  # a folder is a command that has commands of its own
            about_folder = import_module(f"{__name__}.{folder}").ABOUT
            groups[folder] = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
            app.add_typer(groups[folder], name=folder, help=str(about_folder))
        groups.get(folder, app).command(last, help=str(module.ABOUT))(module.command)
    try:
        app()
    except SteelyardError as error:
        print(f"steelyard: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
