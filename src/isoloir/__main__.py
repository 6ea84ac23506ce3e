"""`python -m isoloir` is the same program as `isoloir`."""

from isoloir.cli import app

app()
