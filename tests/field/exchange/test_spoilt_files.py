"""Files that are wrong or hostile: each ends in a clear error or in counted rows, in bounded memory."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import random
import tracemalloc
import zipfile
from datetime import date

import pytest
from foreign import PROOF, people, table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isoloir.field.imports import columns, layouts, tables
from isoloir.field.imports.faults import BadFile, Refusal, masked, reason_text
from isoloir.field.imports.rows import Reader, Row
from isoloir.language import texts_of

TODAY = date(2026, 11, 26)
SECRET = "zoe.brulefer@exemple.fr"


def read(text: bytes) -> list[tuple[int, Row]]:
    """Every row of a file, as an import would read it; the book is not needed for that."""
    with tables.opened(io.BytesIO(text), "file.csv") as opened:
        layout = layouts.layout_of(opened.header, opened.cards)
        layouts.check(layout, opened.header, "file.csv")
        rows = list(opened.rows)
        good = [cells for _, cells in rows if not isinstance(cells, Refusal)]
        judged = columns.judge(opened.header, good, layout, columns.lawful(), TODAY)
        reader = Reader(layout, judged, PROOF, "test", TODAY)
        return [(n, Row(refusal=one) if isinstance(one, Refusal) else reader.read(one)) for n, one in rows]


def outcome(text: bytes) -> tuple[list[tuple[int, Row]], str]:
    """The rows, or what is said of the file."""
    try:
        return read(text), ""
    except BadFile as error:
        return [], str(error)


def reasons(text: bytes | str) -> dict[int, str]:
    """The reason of each refused row, by line."""
    raw = text.encode() if isinstance(text, str) else text
    return {line: row.refusal.reason for line, row in read(raw) if row.refusal}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("=HYPERLINK(),a@exemple.fr", "formula"),
        ("@SUM(A1),a@exemple.fr", "formula"),
        ("-2+3,a@exemple.fr", "formula"),
        ('"|cmd",a@exemple.fr', "formula"),
        ("'=1+1,a@exemple.fr", "formula"),
        ("<script>alert(1)</script>,a@exemple.fr", "script"),
        ("https://example.org,a@exemple.fr", "script"),
        ("javascript:x,a@exemple.fr", "script"),
        ("{{7*7}},a@exemple.fr", "script"),
        ("\t=1+1,a@exemple.fr", "formula"),
        ('"\r=1+1",a@exemple.fr', "formula"),
        ("\u00a0=1+1,a@exemple.fr", "formula"),
        ("' =1+1,a@exemple.fr", "formula"),
        ("\uff1d1+1,a@exemple.fr", "formula"),  # full-width signs, which spreadsheets read as well
        ("\uff0b1+1,a@exemple.fr", "formula"),
        ("\uff20SUM(A1),a@exemple.fr", "formula"),
        ("\ufe661+1,a@exemple.fr", "formula"),
        ("Zoé;=cmd|x!A0,a@exemple.fr", "formula"),  # what a spreadsheet in French makes a cell of its own
        ("Zoé|@SUM(A1),a@exemple.fr", "formula"),
        ("<svg onload=alert(1)>,a@exemple.fr", "script"),
        ("${jndi:ldap://x/a},a@exemple.fr", "script"),
        ("{% debug %},a@exemple.fr", "script"),
        ("Zo\x1b[31mé,a@exemple.fr", "control"),
        ("\u200b=1+1,a@exemple.fr", "control"),
        ("\u2067Zoé,a@exemple.fr", "control"),
        ("Zoé\u061c,a@exemple.fr", "control"),
        ("Zoé\U000e0041,a@exemple.fr", "control"),
        ("Zo\ue000é,a@exemple.fr", "control"),
        ("Zo\bé,a@exemple.fr", "control"),
        ("Zoé,zοe@exemple.fr", "bad_email"),  # a Greek o
        ("Zoé,zoe@exemple\u3002fr", "bad_email"),
        ("Zoé,zoe@[127.0.0.1]", "bad_email"),
        ("Zoé,\"a@exemple.fr,b@exemple.fr\"", "bad_email"),
        ("Zoé,a@exemple.fr;b@exemple.fr", "bad_email"),
        ("Zoé,mailto:a@exemple.fr?bcc=b@exemple.fr", "bad_email"),
        ("Zoé,a%0d%0abcc:b@exemple.fr", "bad_email"),
        (f"Zoé,{'a' * 65}@exemple.fr", "bad_email"),
        ("Zo\u202eé,a@exemple.fr", "control"),
        ("Zoé\0,a@exemple.fr", "nul"),
        (f"{'Z' * 201},a@exemple.fr", "too_long"),
        ("Zoé,zoé@exemple.fr", "bad_email"),
        ("Zoé,zоe@exemple.fr", "bad_email"),  # a Cyrillic o
        ("Zoé,zoe@exеmple.fr", "bad_email"),  # a Cyrillic e
        ("Zoé,zoe@exemple.fr\u200b", "bad_email"),
        ("Zoé,a@b@exemple.fr", "bad_email"),
        ("Zoé,\"a@exemple.fr\r\nBcc: b@exemple.fr\"", "bad_email"),
        ("Zoé,a@exemple", "bad_email"),
        ("Zoé,../../etc/passwd", "bad_email"),
        ("Zoé,' OR 1=1 --", "bad_email"),
        ("Zoé,", "no_address"),
        ("Zoé", "ragged"),
        ("Zoé,a@exemple.fr,x", "ragged"),
    ],
)  # fmt: skip
def test_a_hostile_row_is_refused_and_its_neighbours_enter(row: str, reason: str) -> None:
    text = f"nom,email\nAnne,first@exemple.fr\n{row}\nDan,last@exemple.fr\n"
    found = read(text.encode())
    assert {line: one.refusal.reason for line, one in found if one.refusal} == {3: reason}
    assert [one.contact.email for _, one in found if one.contact] == ["first@exemple.fr", "last@exemple.fr"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "empty|vide"),
        (b"   \n", "empty|vide"),
        (b"email,email\na@exemple.fr,b@exemple.fr\n", "twice|deux fois"),
        (b"email,Email\na@exemple.fr,b@exemple.fr\n", "twice|deux fois"),
        (b"nom,prenom\nx,y\n", "e-mail"),
        (f"{SECRET},x\n".encode(), "first line|première ligne"),
        (b'email,nom\na@exemple.fr,"Zo\nb@exemple.fr,x\n', "line 2|ligne 2"),
        (b'email,nom\na@exemple.fr,"Zo"e\n', "line 2|ligne 2"),
        (b"email,nom\na@exemple.fr," + b"x" * 200_000 + b"\n", "line 2|ligne 2"),
        (b"email,nom\na@exemple.fr," + b"x" * 10_000_000 + b"\n", "line 2|ligne 2"),
        (b"email," + b",".join(b"c%d" % n for n in range(2000)) + b"\n", "1000"),
        (b"email," + b"n" * 500 + b"\n", "too long|trop long"),
        (b"em\0ail,nom\n", "unreadable|illisible"),
        (b"\x93\xfeemail,\xff\xc3\n\xc3\xa9\n", "e-mail|unreadable|illisible"),
        (gzip.compress(b"email\n" * 1000, mtime=0), "gzip"),
        (b"%PDF-1.7", "PDF"),
        (b"SQLite format 3\0", "SQLite"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"<!DOCTYPE html><table><tr><td>email</td></tr></table>", "HTML"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>", "XML"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "iCalendar"),
        ("email,nom\n".encode("utf-32-le"), "unreadable|illisible"),
        ("email,nom\n".encode("cp500"), "unreadable|illisible"),
        (b"\0" * 500 + b"email,nom\n", "unreadable|illisible"),
        (b"email,nom\n" + b'"' * 3_000_001, "line 2|ligne 2"),
        (b"email," + b"c," * 1_000_000 + b"\n", "line 1|ligne 1"),
        (b"email,nom\na@exemple.fr" + b",x" * 1_000_000 + b"\n", "line 2|ligne 2"),
        (b"," * 5_000_000, "line 1|ligne 1"),
        (b"\r" * 3_000_000, "empty|vide"),
        (b'[{"email": "' + SECRET.encode() + b'"}]', "first line|première ligne"),
        ("em\u200bail,nom\na@exemple.fr,x\n".encode(), "em ail"),
        ("\u0435mail,nom\na@exemple.fr,x\n".encode(), "e-mail"),  # a Cyrillic e
        (b"BEGIN:VCARD\nFN:x\nBEGIN:VCARD\nFN:y\nEND:VCARD\nEMAIL:a@exemple.fr\nEND:VCARD\n", "outside|hors"),
        (b"BEGIN:VCARD\n" + b"EMAIL:a@exemple.fr\n" * 5000 + b"END:VCARD\n", "line 1|ligne 1"),
        (b"BEGIN:VCARD\nFN:x\nEND:VCARD\nstray\n", "outside|hors"),
        (b"BEGIN:VCARD\n" + b"NOTE:x\n" * 30_000 + b"END:VCARD\n", "without end|sans fin"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_trusted_is_refused_whole(text: bytes, says: str) -> None:
    with pytest.raises(BadFile, match=says) as caught:
        read(text)
    assert SECRET not in str(caught.value)


def test_a_zip_within_a_zip_named_csv_is_never_opened() -> None:
    inner, outer = io.BytesIO(), io.BytesIO()
    for target, name, content in ((inner, "people.csv", b"email,nom\n"), (outer, "people.csv", None)):
        with zipfile.ZipFile(target, "w") as archive:
            archive.writestr(name, inner.getvalue() if content is None else content)
    with pytest.raises(BadFile, match="ZIP"):
        read(outer.getvalue())
    assert set(reasons(b"email,nom\n" + outer.getvalue()).values()) <= {"nul", "encoding", "ragged", "bad_email"}


def test_zeros_amid_a_file_spoil_their_own_line_only() -> None:
    assert reasons(b"email,nom\na@exemple.fr,\0\0\0\nb@exemple.fr,Dan\n" + b"\0" * 10_000) == {2: "nul", 4: "nul"}


def test_the_line_that_excel_writes_before_the_header_is_passed_over() -> None:
    found = read("\ufeffsep=;\r\nemail;nom\r\na@exemple.fr;Zoé\r\nb@exemple.fr;=1\r\n".encode())
    assert [(line, row.contact.name if row.contact else "") for line, row in found] == [(3, "Zoé"), (4, "")]


PHOTO = base64.b64encode(b"\xff\xd8\xff" * 40_000).decode()
FOLDED = "\r\n ".join(PHOTO[start : start + 75] for start in range(0, 60_000, 75))
CARDS = [
    (b"FN:Zo\xc3\r\n \xa9\r\n", "Zoé"),  # a fold within a letter
    ("FN:Zo\r\n é\r\n".encode(), "Zoé"),
    (b"FN:Zo\xe9\r\n", "Zoé"),  # Windows-1252
    (f"FN:Zoé\r\nPHOTO;ENCODING=b;TYPE=JPEG:{PHOTO}\r\n".encode(), "Zoé"),
    (f"FN:Zoé\r\nPHOTO;ENCODING=b:{FOLDED}\r\n".encode(), "Zoé"),
    (b"FN;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:Zo=C3=\r\n=A9\r\n", "Zoé"),
    (b"FN;ENCODING=QUOTED-PRINTABLE:Zoe=0D=0ABcc: b\r\n", "Zoe Bcc: b"),
    (b"FN:Zoe\r\nAGENT:BEGIN:VCARD\\nEMAIL:b@exemple.fr\\nEND:VCARD\r\n", "Zoe"),
    (b"FN:Zoe\r\nNOTE:vote RN\r\nX-RELIGION:catholique\r\n", "Zoe"),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "name"), CARDS, ids=range(len(CARDS)))
def test_a_card_is_read_however_it_is_folded(lines: bytes, name: str) -> None:
    found = read(b"BEGIN:VCARD\r\nVERSION:3.0\r\n" + lines + b"EMAIL:a@exem\r\n\tple.fr\r\nEND:VCARD\r\n")
    assert [(row.contact.name, row.contact.email) for _, row in found if row.contact] == [(name, "a@exemple.fr")]


@pytest.mark.parametrize("line", ["FN:Zo\u202eé", "FN:Zo\\,é\\;=1+1", "FN:\udce9\udcc3é"])
def test_a_hostile_card_is_refused_and_its_neighbour_enters(line: str) -> None:
    bad = f"BEGIN:VCARD\n{line}\nEMAIL:a@exemple.fr\nEND:VCARD\n".encode("utf-8", "surrogateescape")
    found = read(bad + "BEGIN:VCARD\nFN:Zoé\nEMAIL:b@exemple.fr\nEND:VCARD\n".encode())
    assert [bool(row.refusal) for _, row in found] == [True, False]


def test_a_zip_bomb_is_never_opened() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("people.csv", b"0" * 50_000_000)
    tracemalloc.start()
    with pytest.raises(BadFile, match="ZIP"):
        read(bomb.getvalue())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_are_told_apart(encoding: str, ends: str) -> None:
    lines = ["email;prénom;nom", "zoe@exemple.fr;Zoé;Brûlefer", "anne@exemple.fr;Anne;Çelik", ""]
    found = read(ends.join(lines).encode(encoding))
    assert [row.contact.name for _, row in found if row.contact] == ["Zoé Brûlefer", "Anne Çelik"]


def test_lines_in_another_encoding_are_refused_one_by_one() -> None:
    text = "email,nom\na@exemple.fr,Zoé\n".encode() + "b@exemple.fr,Zoé\n".encode("cp1252") + b"c@exemple.fr,Dan\n"
    assert reasons(text) == {3: "encoding"}


def test_a_large_file_is_read_in_little_memory() -> None:
    text = people(30_000).getvalue()
    tracemalloc.start()
    with tables.opened(io.BytesIO(text), "x") as opened:
        assert sum(1 for _ in opened.rows) == 30_000
    peak = tracemalloc.get_traced_memory()[1] - len(text)
    tracemalloc.stop()
    assert peak < 3_000_000


def spoilt(chance: random.Random) -> bytes:
    """A plausible file with a few things wrong."""
    known = ["email", "nom", "tel", "cp", "religion", "désinscrit", "propose", ""]
    columns = chance.sample(known, chance.randint(1, 8))
    cells = ["", "a@exemple.fr", "Zoé", "0612345678", "=1", "'=1", "\0", '"', '""', ",", ";", "\n", "\r", "\u202e",
             "é" * 300, "<b>", "oui", "x" * chance.choice([1, 5000]), "а@exemple.fr", "%s%n", "../..", "\ufeff",
             "\\", "\U0001f600"]  # fmt: skip
    rows = [[chance.choice(cells) for _ in range(len(columns) + chance.choice([0, 0, 0, 0, 1, -1]))] for _ in range(20)]
    stream = io.StringIO()
    delimiter = chance.choice(",;\t|")
    if chance.random() < 0.5:
        csv.writer(stream, delimiter=delimiter).writerows([columns, *rows])
    else:
        stream.write("\n".join(delimiter.join(row) for row in [columns, *rows]))
    raw = bytearray(stream.getvalue().encode(chance.choice(["utf-8", "utf-16", "cp1252"]), "replace"))
    for _ in range(chance.choice([0, 0, 1, 5])):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    return bytes(raw[: chance.choice([len(raw), len(raw), len(raw) // 2])])


def card(chance: random.Random) -> bytes:
    """A file of vCards with a few things wrong."""
    lines = ["BEGIN:VCARD", "END:VCARD", "FN:Zoé", "EMAIL:a@exemple.fr", "N:B;Z;;;", " fold", "\tfold", "no property",
             "NOTE;ENCODING=QUOTED-PRINTABLE:=C3=", "=A9=", "NOTE;ENCODING=QUOTED-PRINTABLE:=ZZ", "X" * 20_000,
             "TEL:+33612345678", "a.b.c:d", ":", ";:", "\0", "é:é"]  # fmt: skip
    body = [chance.choice(lines) for _ in range(40)]
    return "\r\n".join(["BEGIN:VCARD", *body, "END:VCARD"]).encode(chance.choice(["utf-8", "cp1252"]), "replace")


@pytest.mark.parametrize("part", range(10))
def test_a_thousand_spoilt_files_give_rows_or_a_clear_error(part: int) -> None:
    chance = random.Random(part)
    refused = 0
    for number in range(100):
        text = card(chance) if number % 5 == 0 else spoilt(chance)
        found, error = outcome(text)
        if error:
            refused += 1
            assert "file.csv" in error
            assert len(error) < 500
            assert "a@exemple.fr" not in error
        for line, row in found:
            assert line >= 1
            assert row.contact or row.refusal
            if row.refusal:
                assert reason_text(row.refusal.reason)
                assert "@exemple" not in row.refusal.value
            if row.contact:
                assert row.contact.name.isprintable()
                assert not row.contact.name.startswith(("=", "+", "-", "@"))
                assert row.contact.consents
    assert 0 < refused < 100


@given(st.binary(max_size=3000))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    rows, error = outcome(b"email,nom\n" + text)
    assert rows or "file.csv" in error or not text.decode("latin-1").strip()  # a line of blanks is no row


@given(st.lists(st.text(max_size=40), min_size=2, max_size=2))
@settings(max_examples=150, deadline=None)
def test_any_cells_keep_the_rows_apart(cells: list[str]) -> None:
    text = table(["nom", "email"], {"nom": cells[0], "email": cells[1]}, {"nom": "Dan", "email": "last@exemple.fr"})
    try:
        found = read(text.getvalue())
    except UnicodeEncodeError:
        return
    assert found[-1][1].contact is not None
    assert len(found) == 2


def test_every_reason_is_told_in_both_languages() -> None:
    for language in ("fr", "en"):
        assert all(len(text) > 5 for text in texts_of("isoloir.field.imports")[language].values())
    assert masked("zoe@exemple.fr").startswith("z…r")
    assert "o" not in masked("zoe").split(",")[0]
