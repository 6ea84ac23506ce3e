"""Write the pages of docs/ that are made from the code: `make docs`. `docs/check.py` says when one is stale.

The list of modules in docs/architecture.md and the rules in docs/law.md are made between two marks; the rest of those
pages is written by hand.
"""

from __future__ import annotations

import ast
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings
from rich.text import Text

from isoloir.law import Rule, rules
from isoloir.settings import Settings
from isoloir.sources.catalogue import catalogue
from isoloir.sources.reading import Source
from isoloir.stations.census.variables import Variables, variables
from isoloir.store import write_text

ROOT = Path(__file__).parent.parent
MADE = "<!-- Made by docs/generate.py; `make docs` makes it again. -->"
MODULES = ("<!-- modules: made by docs/generate.py -->", "<!-- end of modules -->")
RULES = ("<!-- rules: made by docs/generate.py -->", "<!-- end of rules -->")
Command = Any  # typer's own class of commands, which has no public name


def main() -> None:
    """Write what is not as it should be, and name it."""
    forget_settings()
    for path, text in pages(ROOT).items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            write_text(text, path)
            print(f"written {path.relative_to(ROOT)}")


def forget_settings() -> None:
    """Speak English and tell the defaults, whatever is set on the machine; before the command line is loaded."""
    for name in [name for name in os.environ if name.startswith("ISOLOIR_")]:
        del os.environ[name]
    os.environ["ISOLOIR_LANGUAGE"] = "en"


def command_line() -> typer.Typer:
    """Isoloir's own; loading it reads the settings."""
    from isoloir.cli import app

    return app


def pages(root: Path) -> dict[Path, str]:
    """Every page that is made, with the text that it should have."""
    made = {
        "commands.md": commands_page(command_line()),
        "settings.md": settings_page(Settings),
        "variables.md": variables_page(variables()),
        "sources.md": sources_page(catalogue().values()),
    }
    if (root / "docs" / "2017.toml").exists():
        made["2017.md"] = violations_page(tomllib.loads((root / "docs" / "2017.toml").read_text(encoding="utf-8")))
    texts = {root / "docs" / name: text for name, text in made.items()}
    architecture = root / "docs" / "architecture.md"
    if architecture.exists():
        texts[architecture] = with_modules(architecture.read_text(encoding="utf-8"), root / "src" / "isoloir")
    law = root / "docs" / "law.md"
    if law.exists():
        texts[law] = with_block(law.read_text(encoding="utf-8"), RULES, rule_lines(rules().values()))
    return texts


def violations_page(cases: dict[str, Any]) -> str:
    """Each violation of 2017, what the product does, and the articles of the rules that it stands on."""
    lines = [
        "# What happened in 2017, and what Isoloir does", "", MADE, "",
        "Each case is replayed by `tests/field/test_2017.py` through what a user has at hand: commands, imports,",
        "pages and the phone's API, on SQLite and on PostgreSQL. [law.md](law.md) has the rules.", "",
        "| violation | what the product does | rules and articles |", "|---|---|---|",
    ]  # fmt: skip
    for case in cases.values():
        stands = "<br>".join(f"`{rule}` {rules()[rule].article}" for rule in case["rules"])
        lines.append(f"| {case['violation']} | {case['does']} | {stands} |")
    return "\n".join(lines) + "\n"


def commands(app: typer.Typer) -> dict[str, Command]:
    """Every command by its full name, `isoloir` itself first, those of sub-commands included, in the help's order."""

    def walk(command: Command, prefix: str) -> Iterator[tuple[str, Command]]:
        for name, child in getattr(command, "commands", {}).items():
            if getattr(child, "commands", None):
                yield from walk(child, f"{prefix}{name} ")
            elif not child.hidden:
                yield f"{prefix}{name}", child

    root = typer.main.get_group(app)
    return {"isoloir": root, **dict(walk(root, "isoloir "))}


def groups(app: typer.Typer) -> dict[str, list[str]]:
    """The commands under each heading of `isoloir --help`."""
    found: dict[str, list[str]] = {}
    for name, command in list(commands(app).items())[1:]:
        found.setdefault(str(getattr(command, "rich_help_panel", None) or "Commands"), []).append(name)
    return found


def option_names(option: Any) -> str:
    """`--database, -d` or `--browser / --no-browser`; the metavar or name of an argument."""
    if option.param_type_name == "argument":
        return str(option.metavar or option.name.upper())
    return " / ".join(", ".join(names) for names in (option.opts, option.secondary_opts) if names)


def commands_page(app: typer.Typer) -> str:
    """docs/commands.md."""
    found = commands(app)
    lines = [MADE, "", "# The commands", "", *_command("isoloir", found["isoloir"])]
    for group, names in groups(app).items():
        lines += [f"## {group}", ""]
        for name in names:
            lines += _command(name, found[name])
    return _end(lines)


def _command(name: str, command: Command) -> Iterator[str]:
    yield from (f"### `{name}`", "", _plain(command.help), "")
    shown = [p for p in command.params if not getattr(p, "hidden", False)]
    if shown:
        yield from ("| option | default | |", "|---|---|---|")
    for option in shown:
        told = "required" if option.required else _default(option)
        yield f"| `{_cell(option_names(option))}` | {told} | {_cell(_plain(option.help))}{_choices(option)} |"
    examples = [line.strip() for line in _plain(command.epilog).splitlines() if line.strip().startswith("isoloir ")]
    if examples:
        yield from ("", "```sh", *examples, "```")
    yield ""


def _default(option: Any) -> str:
    if isinstance(option.show_default, str):
        return _cell(option.show_default)
    empty = option.default is None or option.default == [] or option.default == "" or callable(option.default)
    if empty or (option.default is False and not option.secondary_opts):
        return ""
    return f"`{option.opts[0] if option.default is True else option.default}`"


def _choices(option: Any) -> str:
    annotation = getattr(getattr(option, "type_descriptor", None), "annotation", None)
    found = get_args(annotation) if get_origin(annotation) is Literal else ()
    return f" ({', '.join(f'`{choice}`' for choice in found)})" if found else ""


def settings_page(model: type[BaseSettings]) -> str:
    """docs/settings.md."""
    lines = [MADE, "", "# The settings", "", "Each is an environment variable.", ""]
    lines += ["| variable | default | |", "|---|---|---|"]
    for name, field in model.model_fields.items():
        default = "" if field.default in (PydanticUndefined, "") else f"`{field.default}`"
        default = default or ("depends on the system" if field.default_factory else "empty")
        lines.append(f"| `{variable_name(model, name)}` | {default} | {_cell(field.description or '')} |")
    return _end(lines)


def variable_name(model: type[BaseSettings], name: str) -> str:
    """`ISOLOIR_CACHE`: how a setting is called outside."""
    return f"{model.model_config.get('env_prefix', '')}{name}".upper()


def variables_page(every: Variables) -> str:
    """docs/variables.md."""
    lines = [MADE, "", "# The variables of a station", ""]
    lines += [
        f"{len(every)} variables. The first formula whose columns a file has is used; a mean is one of the",
        "parts of a station, weighted by households. How the columns are named: the head of",
        "`src/isoloir/stations/census/variables.toml`.",
        "",
    ]
    for theme, label in every.themes.items():
        mine = [v for v in every if v.theme == theme]
        lines += [f"## {label['en']} ({label['fr']})", "", "| variable | English | français | unit | from |"]
        lines.append("|---|---|---|---|---|")
        for v in mine:
            formulas = " or ".join(f"{'mean of ' if f.averaged else ''}`{_cell(f.text)}`" for f in v.formulas)
            lines.append(f"| `{v.name}` | {_cell(v.label['en'])} | {_cell(v.label['fr'])} | {v.unit} | {formulas} |")
        lines += ["", *(f"Source: {source}" for source in dict.fromkeys(v.source for v in mine)), ""]
    lines += ["## Terms that formulas share", "", "| term | |", "|---|---|"]
    for term, formulas_of in every.terms.items():
        lines.append(f"| `{term}` | {' or '.join(f'`{_cell(f.text)}`' for f in formulas_of)} |")
    return _end(lines)


def sources_page(every: Iterable[Source]) -> str:
    """docs/sources.md."""
    lines = [MADE, "", "# The sources", "", "`isoloir sources` says which of them are on your machine.", ""]
    for source in every:
        lines += [
            f"## `{source.id}`: {source.title['en']}",
            "",
            f"{source.title['fr']}. {source.publisher}, {source.licence}, vintage {source.vintage},"
            f" <{source.page}>. Read by `{source.reader}`, priority {source.priority}.",
            "",
            "| file | address |",
            "|---|---|",
        ]
        for entry in source.entries:
            lines.append(f"| `{_cell(entry.name)}` | {f'<{entry.url}>' if entry.url else 'by hand'} |")
        lines.append("")
    return _end(lines)


def modules(package: Path) -> dict[str, str]:
    """Every module and SQL script of the package, with the first line of what it says of itself."""
    files = sorted(p for pattern in ("*.py", "*.sql") for p in package.rglob(pattern) if p.parent.name != "migrations")
    named = {p.relative_to(package).as_posix(): _first_line(p) for p in files if p.read_text("utf-8").strip()}
    return dict(sorted(named.items(), key=lambda item: ("/" in item[0], item[0])))


def with_modules(page: str, package: Path) -> str:
    """The page with the list of modules between its marks as it should be."""
    rows = [f"| `{name}` | {_cell(text)} |" for name, text in modules(package).items()]
    return with_block(page, MODULES, ["| module | |", "|---|---|", *rows])


def with_block(page: str, marks: tuple[str, str], lines: list[str]) -> str:
    """The page with those lines between its marks; as it is where it has none."""
    start, end = marks
    if start not in page or end not in page:
        return page
    block = "\n".join([start, "", *lines, "", end])
    return page[: page.index(start)] + block + page[page.index(end) + len(end) :]


def rule_lines(every: Iterable[Rule]) -> list[str]:
    """The rules of docs/law.md, theme by theme."""
    lines, theme = [], ""
    for rule in every:
        if rule.theme != theme:
            theme = rule.theme
            heading = ["", f"### {theme.capitalize()}", ""] if lines else [f"### {theme.capitalize()}", ""]
            lines += [
                *heading,
                "| rule | asked when one | effect | days | article | reading |",
                "|---|---|---|---|---|---|",
            ]
        effect = {"allow_with_consent": "allow with consent"}.get(rule.effect, rule.effect)
        days = f"{rule.valid_from} – {rule.valid_to or ''}".rstrip()
        article = f"[{_cell(rule.article)}]({rule.link})<br>{_cell(rule.text.en)}"
        asked = ", ".join(rule.operations) if len(rule.operations) < 9 else "touches a person"
        lines.append(f"| `{rule.id}` | {asked} | {effect} ({rule.force}) | {days} | {article} | {rule.read} |")
    return lines


def _first_line(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    if file.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
        return " ".join(text.split("\n\n")[0].split())
    comment = re.match(r"(?:--[^\n]*\n)+", text)
    return " ".join(line.lstrip("- ") for line in comment[0].splitlines()) if comment else ""


def _plain(markup: str | None) -> str:
    return Text.from_markup(markup or "").plain.strip()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _end(lines: list[str]) -> str:
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    main()
