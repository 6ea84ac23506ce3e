"""Every command: parse, call one function, print."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from isoloir.errors import IsoloirError

app = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", pretty_exceptions_enable=False)
console = Console()


@app.callback()
def root() -> None:
    """Isoloir: polling stations, canvassing and audits that respect the people they concern."""


def main() -> None:
    """Run a command; an expected error is one line on stderr and exit code 1."""
    try:
        app()
    except IsoloirError as error:
        Console(stderr=True).print(f"[red]error[/red] {error}", highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
