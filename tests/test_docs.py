"""The checker of the documentation complains of each thing that is wrong, and of nothing that is right."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

DOCS = Path(__file__).parent.parent / "docs"
STEPS = "To begin with"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module("check")
    finally:
        sys.path.remove(str(DOCS))


@pytest.fixture(scope="module")
def generate(check: ModuleType) -> ModuleType:
    return sys.modules[check.generate.__name__]


class Small(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="SMALL_")
    port: int = Field(default=80, description="where to listen")
    folder: Path = Field(default_factory=Path.home, description="where to write")


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    inner = typer.Typer()

    @made.command(
        rich_help_panel=STEPS, help="Draw [bold]a map[/bold].", epilog="Examples:\n\n[cyan]isoloir draw 75[/cyan]"
    )
    def draw(
        area: str,
        size: Annotated[Literal["small", "large"], typer.Option("--size", "-s", help="how large")] = "small",
        colour: Annotated[bool, typer.Option(help="with | colours")] = True,
        secret: Annotated[int, typer.Option(hidden=True)] = 3,
    ) -> None: ...

    @inner.command(rich_help_panel="Field", help="Add one.")
    def add() -> None: ...

    @inner.command(rich_help_panel="Field", help="Drop one.")
    def drop() -> None: ...

    @made.callback(help="Maps.")
    def root(version: Annotated[bool, typer.Option("--version", help="the version")] = False) -> None: ...

    made.add_typer(inner, name="visit")
    return made


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# Commands


def test_a_made_page_of_commands_is_complete(
    check: ModuleType, generate: ModuleType, app: typer.Typer, tmp_path: Path
) -> None:
    text = generate.commands_page(app)
    assert "### `isoloir`\n\nMaps.\n\n| option | default | |\n|---|---|---|\n| `--version` |  | the version |\n" in text
    assert "### `isoloir draw`\n\nDraw a map.\n" in text
    assert "| `--size, -s` | `small` | how large (`small`, `large`) |" in text
    assert "| `--colour / --no-colour` | `--colour` | with \\| colours |" in text
    assert "| `AREA` | required |" in text
    assert "```sh\nisoloir draw 75\n```" in text
    assert "secret" not in text
    assert text.index("### `isoloir visit add`") < text.index("### `isoloir visit drop`")
    assert list(check.undocumented_commands(app, put(tmp_path / "commands.md", text))) == []


@pytest.mark.parametrize(
    ("break_it", "complaint"),
    [
        (
            lambda t: t.replace("`--size, -s`", "`--size`"),
            "commands.md: `isoloir draw` has an undocumented option --size, -s",
        ),
        (lambda t: t.replace("`--version`", ""), "commands.md: `isoloir` has an undocumented option --version"),
        (lambda t: t.replace("`AREA`", "area"), "commands.md: `isoloir draw` has an undocumented option AREA"),
        (
            lambda t: t.split("### `isoloir visit drop`")[0],
            "commands.md: command `isoloir visit drop` is not documented",
        ),
        (lambda t: t + "\n### `isoloir fly`\n", "commands.md: there is no command `isoloir fly`"),
    ],
)
def test_an_undocumented_command_or_option(
    check: ModuleType,
    generate: ModuleType,
    app: typer.Typer,
    tmp_path: Path,
    break_it: Callable[[str], str],
    complaint: str,
) -> None:
    page = put(tmp_path / "commands.md", break_it(generate.commands_page(app)))
    assert list(check.undocumented_commands(app, page)) == [complaint]


README = """# Small
| command | |
|---|---|
| **To begin with** | |
| `isoloir draw` | a map |
| **Field** | |
| `isoloir visit add` | one more |
| `isoloir visit drop` | one less |
"""


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (README, []),
        (README.replace("**Field**", "**Walks**"), ["its groups of commands are ['To begin with', 'Walks']"]),
        (README.replace("| `isoloir visit drop` | one less |\n", ""), ["'Field' lists ['isoloir visit add']"]),
        (README.replace("draw`", "paint`"), ["'To begin with' lists ['isoloir paint'], --help ['isoloir draw']"]),
        ("# Small\n", ["its groups of commands are []"]),
    ],
)
def test_the_readme_groups_as_the_help_does(
    check: ModuleType, app: typer.Typer, tmp_path: Path, text: str, complaint: list[str]
) -> None:
    found = list(check.wrong_groups(app, put(tmp_path / "README.md", text)))
    assert len(found) == len(complaint)
    assert all(wanted in line for wanted, line in zip(complaint, found, strict=True))


# Settings and version


def test_settings(check: ModuleType, generate: ModuleType, tmp_path: Path) -> None:
    text = generate.settings_page(Small)
    assert "| `SMALL_PORT` | `80` | where to listen |" in text
    assert str(Path.home()) not in text
    assert list(check.undocumented_settings(Small, put(tmp_path / "settings.md", text))) == []
    wrong = put(tmp_path / "settings.md", text.replace("SMALL_PORT", "SMALL_DOOR"))
    assert list(check.undocumented_settings(Small, wrong)) == [
        "settings.md: setting SMALL_PORT is not documented",
        "settings.md: there is no setting SMALL_DOOR",
    ]


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("## 0.1.0 (2026-11-23)\n", True),
        ("# Changes\n\n## Version 0.1.0\n", True),
        ("## 10.1.0\n", False),
        ("## 0.1.01\n", False),
        ("", False),
    ],
)
def test_the_version_is_in_the_changelog(check: ModuleType, tmp_path: Path, text: str, right: bool) -> None:
    found = list(check.missing_version(put(tmp_path / "CHANGELOG.md", text), "0.1.0"))
    assert found == ([] if right else ["CHANGELOG.md: no entry for version 0.1.0"])
    assert list(check.missing_version(tmp_path / "none.md", "0.1.0"))


# Modules


@pytest.fixture
def tree(generate: ModuleType, tmp_path: Path) -> Path:
    package = tmp_path / "src" / "isoloir"
    put(package / "__init__.py", '"""All of it."""\n')
    put(package / "cli.py", '"""Every command\nthere is: parse | print.\n\nMore of it.\n"""\n')
    put(package / "maps" / "__init__.py", "")
    put(package / "maps" / "tiles.py", '"""Tiles."""\n')
    put(package / "maps" / "load.sql", "-- The tables\n-- of a map.\nSELECT 1;\n")
    page = put(tmp_path / "docs" / "architecture.md", "# Rooms\n\n{}\nold\n{}\n\nThe end.\n".format(*generate.MODULES))
    page.write_text(generate.with_modules(page.read_text(), package))
    return tmp_path


def test_the_list_of_modules_is_made(check: ModuleType, generate: ModuleType, tree: Path) -> None:
    page = tree / "docs" / "architecture.md"
    text = page.read_text()
    assert "old" not in text
    assert text.startswith("# Rooms\n")
    assert text.endswith("\n\nThe end.\n")
    assert "| `cli.py` | Every command there is: parse \\| print. |" in text
    assert "| `maps/load.sql` | The tables of a map. |" in text
    assert "maps/__init__.py" not in text
    assert generate.with_modules(text, tree / "src" / "isoloir") == text
    assert list(check.wrong_modules(page, tree)) == []


def test_modules_that_are_not_told_or_not_there(check: ModuleType, tree: Path) -> None:
    put(tree / "src" / "isoloir" / "maps" / "layers.py", '"""Layers."""\n')
    put(tree / "src" / "isoloir" / "cli.py", "x = 1\n")
    (tree / "src" / "isoloir" / "maps" / "tiles.py").unlink()
    page = tree / "docs" / "architecture.md"
    page.write_text(page.read_text() + "\n`maps/load.sql` again; `src/isoloir/cli.py` is there.\n")
    assert list(check.wrong_modules(page, tree)) == [
        "cli.py: does not say what it is for",
        "architecture.md: module maps/layers.py has no line (`make docs`)",
        "architecture.md: module maps/load.sql has 2 lines (`make docs`)",
        "architecture.md: names maps/tiles.py, which is not there",
    ]
    page.unlink()
    assert list(check.wrong_modules(page, tree)) == ["architecture.md: missing; it says where everything is"]


# Links, words, stale pages


def test_links(check: ModuleType, tmp_path: Path) -> None:
    put(tmp_path / "docs" / "method.md", "# How it is *made*\n")
    put(tmp_path / "docs" / "my map.png", "")
    text = """
    [a](docs/method.md) [b](docs/method.md#how-it-is-made) ![c](<docs/my map.png>) [d](#links) [e](https://x.org/y)
    [f](docs/none.md) [g](docs/method.md#nothing) ![h](docs/none.png "title") <img alt="i" src="docs/none.svg">
    `[j](none.md)` [k](/docs/method.md) [l](mailto:a@b.c)
```md
[m](none.md)
```
# Links
"""
    page = put(tmp_path / "README.md", text.replace("<docs/my map.png>", "docs/method.md"))
    assert list(check.dead_links(page, tmp_path)) == [
        "README.md: link to docs/none.md, which is not there",
        "README.md: link to docs/method.md#nothing, but no heading is called so",
        "README.md: link to docs/none.png, which is not there",
        "README.md: link to docs/none.svg, which is not there",
    ]


@pytest.mark.parametrize(
    ("line", "what"),  # ~ stands for nothing: this file is checked too
    [
        ("data = '/wo~rk/shared/data'", "a path of one machine (/wo~rk/s)"),
        ("cd /ho~me/anna/isoloir", "a path of one machine (/ho~me/a)"),
        ("pip install --in~dex-url=https://x.org/simple", "a host of a package registry (--in~dex-url=)"),
        ("https://py~pi.org/simple", "a host of a package registry (py~pi.org)"),
        ('"reso~lved": "https://x.example/x.tgz"', 'the address of a package ("reso~lved": "https:)'),
        ("the PyPI package; src/home/pages; https://example.org/work/plan; from home/work/school", None),
    ],
)
def test_words_that_do_not_belong(check: ModuleType, tmp_path: Path, line: str, what: str | None) -> None:
    file = put(tmp_path / "notes.txt", f"fine\n{line}\n".replace("~", ""))
    assert list(check.foreign_words(file, tmp_path)) == ([f"notes.txt:2: {what}".replace("~", "")] if what else [])


def test_files_of_a_tree(check: ModuleType, tmp_path: Path) -> None:
    for name in ("a.md", "docs/b.md", ".venv/c.md", "frontend/node_modules/d.md", "ignored.md"):
        put(tmp_path / name, "")
    names = {p.relative_to(tmp_path).as_posix() for p in check.files(tmp_path)}
    assert names == {"a.md", "docs/b.md", "ignored.md"}
    put(tmp_path / ".gitignore", "ignored.md\n.venv\nnode_modules\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    names = {p.relative_to(tmp_path).as_posix() for p in check.files(tmp_path)}
    assert names == {".gitignore", "a.md", "docs/b.md"}


def test_a_stale_page_is_named(check: ModuleType, generate: ModuleType, tmp_path: Path) -> None:
    assert len(list(check.stale_pages(tmp_path))) == 4
    for path, text in generate.pages(tmp_path).items():
        put(path, text)
    assert list(check.stale_pages(tmp_path)) == []
    put(tmp_path / "docs" / "settings.md", "# Settings\n")
    (tmp_path / "docs" / "variables.md").unlink()
    assert sorted(check.stale_pages(tmp_path)) == [
        "docs/settings.md: stale; run `make docs`",
        "docs/variables.md: missing; run `make docs`",
    ]
