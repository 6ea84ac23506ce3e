"""The preview: all that an import would do, counted before anything is written. Reads top to bottom: `preview`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import BinaryIO

from django.utils import timezone

from isoloir.field.bulk import Counts
from isoloir.field.channels import Channel, mark
from isoloir.field.imports import columns as judging
from isoloir.field.imports import joining, layouts
from isoloir.field.imports.columns import Column
from isoloir.field.imports.encoding import Bytes
from isoloir.field.imports.faults import RULES, Refusal
from isoloir.field.imports.layouts import Layout
from isoloir.field.imports.marks import Marks
from isoloir.field.imports.proofs import NOTHING, Proof
from isoloir.field.imports.rehearsal import Rehearsal
from isoloir.field.imports.rows import Reader, Row
from isoloir.field.imports.tables import Rows, Table, opened
from isoloir.field.models import Campaign, User
from isoloir.field.person import NewContact
from isoloir.field.suppression import standing_marks
from isoloir.field.vault import ring
from isoloir.law import Rule, rules

EXAMPLES = 20  # refused rows that are shown of each reason
_BLOCK = 5_000  # rows whose free text is looked at together

Source = Path | BinaryIO
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Example:
    """A row that does not enter: its line in the file, and why; its value is masked."""

    line: int
    refusal: Refusal


@dataclass
class Preview:
    """What an import of this file would do today. It holds no personal datum."""

    campaign: Campaign
    file: Bytes
    layout: Layout
    proof: Proof
    origin: str
    columns: list[Column]
    rows: int = 0
    counts: Counts = field(default_factory=Counts)
    objections: int = 0
    new_objections: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Rows that do not enter, for whatever reason but the opt-out list."""
        return self.refusals.total() + self.counts.refused

    @property
    def rules(self) -> list[Rule]:
        """Every rule that keeps something of the file out, in the order in which they are named."""
        named = [rule for column in self.columns for rule in column.rules]
        named += [rule for reason in self.refusals for rule in RULES.get(reason, ())]
        named += [rule for why in self.counts.refusals for rule in why.split()]
        named += RULES["suppressed"] if self.counts.suppressed else ()
        return [rules()[one] for one in dict.fromkeys(named) if one in rules()]

    def reader(self) -> Reader:
        """What reads its rows."""
        return Reader(self.layout, self.columns, self.proof, self.origin, timezone.localdate())


def preview(
    campaign: Campaign,
    source: Source,
    layout: str = "",
    proof: Proof = NOTHING,
    *,
    by: User | None = None,  # noqa: ARG001 (a preview shows nobody's data and is nobody's act)
    columns: Mapping[str, str] | None = None,
    origin: str = "",
    name: str = "",
    progress: Progress | None = None,
) -> Preview:
    """Count what an import would do; raise BadFile for a file that cannot be read, SettingsError for a wrong option.

    `columns`: what columns mean that the layout does not know. The file is read from its beginning, several times.
    """
    with opened(source, name) as table:
        known = layouts.named(layout) if layout else layouts.layout_of(table.header, table.cards)
        known = layouts.with_answers(layouts.with_columns(known, columns or {}), table.header)
        layouts.check(known, table.header, table.bytes.name)
        sample, rows = _sample(table.rows)
        judged = judging.judge(table.header, sample, known, judging.lawful(), timezone.localdate())
        found = Preview(campaign, table.bytes, known, proof, origin or known.name, judged)
        marks = _first_pass(found, rows)
    found.objections, found.new_objections = len(marks), _new(campaign, marks)
    with opened(source, name, found.file) as table:
        rehearsal = Rehearsal(campaign, found.proof.facts, marks, found.counts)
        rehearsal.add(joining.apart(campaign, proof, _counted(found, table, progress), found.counts))
    return found


def objections(found: Preview, rows: Rows) -> Iterator[Row]:
    """The rows that object to something, and nothing else of them."""
    reader = found.reader()
    for _, cells in rows:
        if not isinstance(cells, Refusal) and (row := reader.objections(cells)).objections:
            yield row


def entering(found: Preview, table: Table) -> Iterator[NewContact]:
    """The rows that may enter, and nothing else of them."""
    reader = found.reader()
    for _, cells in table.rows:
        if not isinstance(cells, Refusal) and (new := reader.read(cells).contact):
            yield new


def _sample(rows: Rows) -> tuple[list[list[str]], Rows]:
    """The first rows, and all of them again."""
    first = list(islice(rows, judging.SAMPLE))
    return [cells for _, cells in first if not isinstance(cells, Refusal)], chain(first, rows)


def _first_pass(found: Preview, rows: Rows) -> Marks:
    """Look at every cell of free text, and collect the objections, before anything is counted."""
    marks, key = Marks(), ring(found.campaign).marks
    reader, judged = found.reader(), found.columns
    for block in _blocks(rows):
        judged = judging.betrayed(judged, block, judging.lawful(), timezone.localdate())
        for cells in block:
            for channel, address, _ in reader.objections(cells).objections:
                marks.add(channel, mark(key, channel, address))
    found.columns = judged
    return marks


def _blocks(rows: Rows) -> Iterator[list[list[str]]]:
    """The readable rows by the block; a small rest goes with the block before it, so that shares mean something."""
    held: list[list[str]] = []
    for _, cells in rows:
        if not isinstance(cells, Refusal):
            held.append(cells)
            if len(held) == 2 * _BLOCK:
                yield held[:_BLOCK]
                held = held[_BLOCK:]
    if held:
        yield held


def _new(campaign: Campaign, marks: Marks) -> int:
    return sum(len(marks.of(one)) - len(standing_marks(campaign, one, marks.of(one))) for one in Channel)


def _counted(found: Preview, table: Table, progress: Progress | None) -> Iterable[NewContact]:
    """The rows that may enter; the others are counted, the first of each reason with its line."""
    reader = found.reader()
    for line, cells in table.rows:
        found.rows += 1
        if progress and found.rows % 10_000 == 0:
            progress(found.rows)
        row = Row(refusal=cells) if isinstance(cells, Refusal) else reader.read(cells)
        if row.refusal:
            found.refusals[row.refusal.reason] += 1
            if found.refusals[row.refusal.reason] <= EXAMPLES:
                found.examples.append(Example(line, row.refusal))
        if row.contact:
            yield row.contact
