"""A PostgreSQL database to a file and back, by PostgreSQL's own programs; nothing of it passes through another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from isoloir.errors import BookError
from isoloir.language import say

# Tables of a later version than the dump go too: the dump itself takes away only those that it knows.
_BEGIN = b"""
BEGIN;
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema()
  LOOP EXECUTE format('DROP TABLE %I CASCADE', name); END LOOP;
END $$;
"""


def write(database: Mapping[str, Any], file: Path) -> None:
    """Dump one of Django's databases; raise BookError where that fails."""
    with _started(["pg_dump", "--format=custom", f"--file={file}", *_address(database)], database) as dumping:
        dumping.end()


def put_back(database: Mapping[str, Any], file: Path) -> None:
    """Have the database hold what the dump does, and nothing else; as it was, with a BookError, where that fails."""
    reading = ["pg_restore", "--clean", "--if-exists", "--no-owner", "--file=-", str(file)]
    writing = ["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *_address(database)]
    with _started(reading, database) as script, _started(writing, database) as running:
        source, target = script.process.stdout, running.process.stdin
        assert source is not None
        assert target is not None
        with suppress(BrokenPipeError), target:  # it stopped at an error, and tells which
            target.write(_BEGIN)
            shutil.copyfileobj(source, target)
            script.end()
            target.write(b"COMMIT;\n")
        source.close()
        running.end()


@dataclass(frozen=True)
class _Program:
    """A program at work, and a file for its complaints, however many they are."""

    name: str
    process: subprocess.Popen[bytes]
    complaints: IO[bytes]

    def end(self) -> None:
        """Wait until it has ended; raise BookError where it failed."""
        if self.process.wait():
            self.complaints.seek(0)
            said = self.complaints.read().decode(errors="replace").strip()
            raise BookError(say(f"{self.name} a échoué : {said[-300:]}", f"{self.name} failed: {said[-300:]}"))


@contextmanager
def _started(command: list[str], database: Mapping[str, Any]) -> Iterator[_Program]:
    password, pipe = str(database.get("PASSWORD") or ""), subprocess.PIPE
    environment = os.environ | ({"PGPASSWORD": password} if password else {})
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=complaints, env=environment)
        except FileNotFoundError:
            raise BookError(
                say(
                    f"{command[0]} n'est pas installé ici ; installez les programmes clients de PostgreSQL",
                    f"{command[0]} is not installed here; install PostgreSQL's client programs",
                )
            ) from None
        with process:
            yield _Program(command[0], process, complaints)


def _address(database: Mapping[str, Any]) -> list[str]:
    given = {"--host": database.get("HOST"), "--port": database.get("PORT"), "--username": database.get("USER")}
    return [*(f"{name}={value}" for name, value in given.items() if value), f"--dbname={database['NAME']}"]
