"""Whether the documentation says what is there: `make check` runs it; it exits 1 with one line per complaint."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import generate
import typer
from pydantic_settings import BaseSettings

from isoloir import __version__
from isoloir.settings import Settings

ROOT = Path(__file__).parent.parent
_UNSEEN = {".git", ".venv", "node_modules", "dist", "demo", "__pycache__"}
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
_HTML_LINK = re.compile(r"<(?:img|a)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^(```|~~~).*?^\1[^\n]*$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_MENTION = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|sql|toml|ts))`")
_FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w./-])/(?:work|home|root|Users)/[\w.-]"),
    "a host of a package registry": re.compile(
        r"registry\.(?:npmjs|yarnpkg)\.|(?<![\w.-])(?:test\.)?pypi\.org|files\.pythonhosted\.|"
        r"--(?:extra-)?index-url[ =]"
    ),
    "the address of a package": re.compile(r"\"resolved\": *\"https?:"),
}
_BINARY = {".png", ".jpg", ".webp", ".ico", ".woff2", ".parquet", ".pbf", ".pmtiles", ".gz", ".zip"}


def main() -> int:
    """Print every complaint."""
    generate.forget_settings()
    found = list(complaints(ROOT))
    for line in found:
        print(line)
    print(f"{len(found)} complaints about the documentation" if found else "the documentation says what is there")
    return 1 if found else 0


def complaints(root: Path) -> Iterator[str]:
    """Everything that is wrong in the tree."""
    docs, app = root / "docs", generate.command_line()
    yield from undocumented_commands(app, docs / "commands.md")
    yield from undocumented_settings(Settings, docs / "settings.md")
    yield from wrong_modules(docs / "architecture.md", root)
    yield from wrong_groups(app, root / "README.md")
    yield from missing_version(root / "CHANGELOG.md", __version__)
    yield from stale_pages(root)
    for file in files(root):
        if file.suffix == ".md":
            yield from dead_links(file, root)
        yield from foreign_words(file, root)


def files(root: Path) -> list[Path]:
    """Every file that belongs to the tree: what git has or would add, else whatever is there."""
    if (root / ".git").exists():
        command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted(path for name in set(names) if name and (path := root / name).is_file())
    return sorted(p for p in root.rglob("*") if p.is_file() and not _UNSEEN & set(p.relative_to(root).parts))


def undocumented_commands(app: typer.Typer, page: Path) -> Iterator[str]:
    """Each command has its heading, and below it each of its options."""
    text, sections = _text(page), {}
    for part in re.split(r"^#+ (?=`isoloir[ `])", text, flags=re.MULTILINE)[1:]:
        sections[part.split("`")[1]] = part
    for name, command in generate.commands(app).items():
        section = sections.pop(name, None)
        if section is None:
            yield f"{page.name}: command `{name}` is not documented"
            continue
        for option in command.params:
            called = generate.option_names(option)
            if not getattr(option, "hidden", False) and f"`{called}`" not in section:
                yield f"{page.name}: `{name}` has an undocumented option {called}"
    yield from (f"{page.name}: there is no command `{name}`" for name in sections)


def undocumented_settings(model: type[BaseSettings], page: Path) -> Iterator[str]:
    """Each setting is in the page, and the page names no other."""
    told = set(re.findall(r"`([A-Z]+_[A-Z_]+)`", _text(page)))
    have = {generate.variable_name(model, name) for name in model.model_fields}
    yield from (f"{page.name}: setting {name} is not documented" for name in sorted(have - told))
    yield from (f"{page.name}: there is no setting {name}" for name in sorted(told - have))
    for name, field in model.model_fields.items():
        if not field.description:
            yield f"settings.py: {name} has no description"


def wrong_modules(page: Path, root: Path) -> Iterator[str]:
    """Each module has one line in the page, and each file that the page names is there."""
    text, package = _text(page), root / "src" / "isoloir"
    if not text:
        yield f"{page.name}: missing; it says where everything is"
        return
    for name, says in generate.modules(package).items():
        lines = len(re.findall(rf"^\W*`{re.escape(name)}`", text, flags=re.MULTILINE))
        if lines != 1:
            yield f"{page.name}: module {name} has {lines or 'no'} line{'s' if lines > 1 else ''} (`make docs`)"
        if not says:
            yield f"{name}: does not say what it is for"
    places = (root, package, root / "frontend", root / "frontend" / "src", root / "docs")
    for name in dict.fromkeys(_MENTION.findall(text)):
        beside = "/" not in name and any(package.rglob(name))  # a module speaks of the file beside it
        if not beside and not any((place / name).exists() for place in places):
            yield f"{page.name}: names {name}, which is not there"


def wrong_groups(app: typer.Typer, readme: Path) -> Iterator[str]:
    """The table of commands in the README is grouped and ordered as `isoloir --help` is."""
    told: dict[str, list[str]] = {}
    for bold, command in re.findall(r"^\| (?:\*\*(.+?)\*\*|`(isoloir [^`]+)`) *\|", _text(readme), flags=re.MULTILINE):
        if bold:
            told[bold] = []
        elif told:
            told[list(told)[-1]].append(command)
    have = generate.groups(app)
    if list(told) != list(have):
        yield f"{readme.name}: its groups of commands are {list(told)}, those of --help {list(have)}"
    for group in have.keys() & told.keys():
        if told[group] != have[group]:
            yield f"{readme.name}: {group!r} lists {told[group]}, --help {have[group]}"


def missing_version(changelog: Path, version: str) -> Iterator[str]:
    """The changelog has an entry for the version of the package."""
    if not re.search(rf"^## .*(?<![\w.]){re.escape(version)}(?![\w.])", _text(changelog), flags=re.MULTILINE):
        yield f"{changelog.name}: no entry for version {version}"


def stale_pages(root: Path) -> Iterator[str]:
    """Each page that is made from the code is as the code would make it now."""
    for path, text in generate.pages(root).items():
        if not path.exists():
            yield f"{path.relative_to(root)}: missing; run `make docs`"
        elif _text(path) != text:
            yield f"{path.relative_to(root)}: stale; run `make docs`"


def dead_links(file: Path, root: Path) -> Iterator[str]:
    """Each link and image of a page that stays inside the tree leads somewhere, to the heading that it names."""
    text = _CODE.sub("", _text(file))
    for link in dict.fromkeys(_LINK.findall(text) + _HTML_LINK.findall(text)):
        if _OUTSIDE.match(link):
            continue
        name, _, anchor = link.partition("#")
        target = (root / name.lstrip("/")) if name.startswith("/") else (file.parent / name if name else file)
        if not target.exists():
            yield f"{file.relative_to(root)}: link to {link}, which is not there"
        elif anchor and target.suffix == ".md" and anchor not in _anchors(_text(target)):
            yield f"{file.relative_to(root)}: link to {link}, but no heading is called so"


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ +(.+?) *$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def foreign_words(file: Path, root: Path) -> Iterator[str]:
    """No file carries what belongs to the machine that it was written on."""
    if file.suffix in _BINARY or file == Path(__file__).resolve():
        return
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        for what, pattern in _FOREIGN.items():
            if found := pattern.search(line):
                yield f"{file.relative_to(root)}:{number}: {what} ({found[0]})"


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
