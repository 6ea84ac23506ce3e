"""A document for people: headings, sentences and tables, as one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

_STYLE = "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}table{border-collapse:collapse}" \
    "td,th{border:1px solid #999;padding:.3em .6em;text-align:left;vertical-align:top}"  # fmt: skip


@dataclass
class Document:
    """What is told, in order."""

    title: str
    language: str
    parts: list[str] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """A section begins."""
        self.parts.append(f"<h2>{escape(text)}</h2>")

    def says(self, *sentences: str) -> None:
        """A paragraph for each."""
        self.parts += [f"<p>{escape(sentence)}</p>" for sentence in sentences]

    def table(self, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; an empty one is not drawn."""
        if rows:
            head = "".join(f"<th>{escape(cell)}</th>" for cell in header)
            body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
            self.parts.append(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")

    def html(self) -> str:
        """The file."""
        title = escape(self.title)
        return (
            f'<!doctype html><html lang="{self.language}"><head><meta charset="utf-8"><title>{title}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{title}</h1>{''.join(self.parts)}</body></html>\n"
        )
