"""HTML that says what it is: tables with headings and a caption, sections, badges. Everything given is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from string import Template

from isoloir.audit.report.words import LANGUAGES, Words

REPORT = {"fr": "rapport", "en": "report"}  # what a page is called, by language
CHANGES = {"fr": "changements", "en": "changes"}


class Html(str):
    """Text that is markup already: it is not escaped again."""

    __slots__ = ()

    def __add__(self, other: str) -> Html:
        """More markup; plain text is escaped on its way in."""
        return Html(str(self) + str(text(other)))


BREAK = Html("<br>")


def text(value: object) -> Html:
    """A value as markup."""
    return value if isinstance(value, Html) else Html(escape(str(value)))


def join(parts: Iterable[Html], between: str = "") -> Html:
    """Pieces of markup, one after the other."""
    return Html(between.join(map(str, parts)))


def tag(name: str, inner: object = "", **attributes: object) -> Html:
    """An element; `class_` and `for_` lose their underscore, `aria_label` gets a dash, None is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>{text(inner)}</{name}>")


def table(caption: str, head: Sequence[object], rows: Iterable[Sequence[object]], class_: str | None = None) -> Html:
    """Rows whose first cell is their heading, in a box that scrolls on a phone."""
    top = join(tag("th", cell, scope="col") for cell in head)
    body = join(tag("tr", tag("th", row[0], scope="row") + join(tag("td", cell) for cell in row[1:])) for row in rows)
    made = tag(
        "table", Html(tag("caption", caption) + tag("thead", tag("tr", top)) + tag("tbody", body)), class_=class_
    )
    return tag("div", made, class_="scroll", role="region", tabindex="0", aria_label=caption)


def section(title: str, *parts: Html, id_: str | None = None) -> Html:
    """A part of a page under its heading."""
    return tag("section", tag("h2", title) + join(parts), id_=id_)


def folded(title: object, inner: Html) -> Html:
    """What opens when it is asked for."""
    return tag("details", tag("summary", title) + inner)


def badge(verdict: str, words: Words) -> Html:
    """A verdict, told by its word and not by its colour alone."""
    return tag("span", words(verdict), class_=f"verdict {verdict}")


def link(address: str, inner: object) -> Html:
    """A link; anything but a web address or a path of our own is only text: sites are hostile."""
    safe = address.startswith(("https://", "http://")) or not address.split("/")[0].count(":")
    return tag("a", inner, href=address, rel="noreferrer nofollow") if safe else text(inner)


def page(words: Words, title: str, body: Html, named: dict[str, str] = REPORT, up: str | None = None) -> str:
    """A whole page: no script, nothing to load but its own pictures; `up` leads to the folder of all sites."""
    other = next(name for name in LANGUAGES if name != words.language)
    nav = [link(f"{up}{REPORT[words.language]}.html", words("whole-list"))] if up is not None else []
    nav.append(tag("a", words("other-language"), href=f"{named[other]}.html", lang=other, hreflang=other))
    sources = resources.files("isoloir.audit.report")
    template = Template((sources / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        language=words.language,
        title=escape(title),
        style=(sources / "page.css").read_text(encoding="utf-8"),
        nav=join(nav, " · "),
        body=body,
    )
