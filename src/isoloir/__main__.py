"""The entry point: an expected error is one line on stderr and exit code 1, a bug keeps its traceback."""

from __future__ import annotations

import sys

from isoloir.errors import IsoloirError


def main() -> None:
    """Run a command."""
    try:
        from isoloir.cli import app  # here, because settings are read when commands are declared

        app()
    except IsoloirError as error:
        print(f"isoloir: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
