"""Downloads end with the right bytes in place, or with a clear error and nothing in place."""

from __future__ import annotations

import dataclasses
import errno
import gzip
import hashlib
import io
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hostile_server import HostileServer, Reply, running
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isoloir.codes import Area
from isoloir.errors import IsoloirError, LayoutChanged, SourceError, Unreachable
from isoloir.sources import content, manifest
from isoloir.sources.fetch import Fetched, Patience, fetch, needs, plan, raise_failures
from isoloir.sources.reading import Entry, Source

FRANCE = Area()
QUICK = Patience(attempts=4, backoff_s=0.001, longest_wait_s=1.2, read_s=0.5)
CSV = b"code;votes\n" + b"".join(b"%05d;%d\n" % (i, i * 7 % 1000) for i in range(30_000))  # 300 kB
OTHER = b"code;votes\n" + b"".join(b"%05d;%d\n" % (i, i * 11 % 1000) for i in range(30_000))
PARQUET = b"PAR1" + random.Random(1).randbytes(200_000) + b"PAR1"
PAGE = b"\n<!DOCTYPE html><html><body>We moved</body></html>"


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with running() as running_server:
        yield running_server


def source(*entries: Entry, name: str = "votes") -> Source:
    return Source(
        id=name,
        title={"fr": "Voix", "en": "Votes"},
        publisher="Nobody",
        licence="Licence Ouverte 2.0",
        page="https://example.org/votes",
        reader="isoloir.sources.elections.votes:read",
        vintage="2024",
        entries=entries,
    )


def bring(folder: Path, *entries: Entry, **options: object) -> list[Fetched]:
    done = fetch(FRANCE, folder, sources=[source(*entries)], patience=QUICK, loopback=True, **options)  # type: ignore[arg-type]
    return raise_failures(done)


def visible(folder: Path) -> list[str]:
    """What a reader may find in the folder."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name[0] != ".")


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob(".*.part"))


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def zipped(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


# What goes well


def test_a_file_arrives_under_the_name_of_the_catalogue(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/r/0f3a", Reply(CSV))
    seen: list[tuple[str, int, int | None]] = []
    (outcome,) = bring(tmp_path, Entry("elections/votes.csv", url), progress=lambda *step: seen.append(step))
    assert (outcome.outcome, outcome.bytes) == ("downloaded", len(CSV))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert visible(tmp_path) == ["elections/votes.csv"]
    assert seen[-1] == ("elections/votes.csv", len(CSV), len(CSV))
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)
    record = manifest.load(tmp_path)["elections/votes.csv"]
    assert (record.sha256, record.url, record.source) == (digest(CSV), url, "votes")


def test_an_intact_file_is_not_asked_for_again(server: HostileServer, tmp_path: Path) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    bring(tmp_path, entry)
    (again,) = bring(tmp_path, entry)
    assert again.outcome == "present"
    assert again.files == (tmp_path / "elections/votes.csv",)
    assert server.count("/votes.csv") == 1


def test_a_pattern_takes_the_name_at_the_publisher(server: HostileServer, tmp_path: Path) -> None:
    bring(tmp_path, Entry("insee/base-ic-*.csv", server.says("/f/base-ic-logement-2021.CSV", Reply(CSV))))
    assert visible(tmp_path) == ["insee/base-ic-logement-2021.CSV"]


def test_an_entry_without_an_address_is_told(tmp_path: Path) -> None:
    (outcome,) = bring(tmp_path, Entry("votes.csv"))
    assert outcome.outcome == "no_address"
    assert "https://example.org/votes" in outcome.detail


# Lines that break


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_dropped_line_is_resumed(server: HostileServer, tmp_path: Path, reset: bool, chunked: bool) -> None:
    drops = [Reply(CSV, drop_after=n, reset=reset, chunked=chunked) for n in (70_000, 1, 90_000, 50)]
    url = server.says("/votes.csv", *drops, Reply(CSV))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    starts = [h.get("range") for _, h in server.requests]
    assert starts[0] is None
    assert all(h.get("if-range") == '"v1"' for _, h in server.requests if "range" in h)
    if not reset:  # a reset may also lose what was under way
        assert starts == [None, "bytes=70000-", "bytes=70001-", "bytes=160001-", "bytes=160051-"]


def test_a_server_that_ignores_ranges_is_read_from_the_start(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV, drop_after=150_000), Reply(CSV, ranges=False))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_without_a_validator_nothing_is_joined(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV, drop_after=150_000, etag=None), Reply(OTHER, etag=None))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == OTHER
    assert all("range" not in headers for _, headers in server.requests)


def test_a_date_is_a_validator_and_a_weak_etag_is_none(server: HostileServer, tmp_path: Path) -> None:
    dated = {"Last-Modified": "Mon, 01 Jul 2024 08:00:00 GMT"}
    first = Reply(CSV, drop_after=150_000, etag='W/"1"', headers=dated)
    url = server.says("/votes.csv", first, Reply(CSV, etag='W/"1"', headers=dated))
    bring(tmp_path, Entry("votes.csv", url))
    assert server.requests[1][1]["if-range"] == dated["Last-Modified"]
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


@pytest.mark.parametrize("obeys", [True, False], ids=["sends it whole", "sends the rest of another version"])
def test_two_versions_are_never_joined(server: HostileServer, tmp_path: Path, obeys: bool) -> None:
    second = Reply(OTHER, etag='"v2"')
    if not obeys:  # a 206 of the new version, though If-Range named the old one
        told = f"bytes 150000-{len(OTHER) - 1}/{len(OTHER)}"
        second = Reply(OTHER[150_000:], status=206, etag='"v2"', headers={"Content-Range": told})
    url = server.says("/votes.csv", Reply(CSV, drop_after=150_000), second, Reply(OTHER, etag='"v2"'))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == OTHER


@pytest.mark.parametrize("told", ["bytes 0-9/300000", f"bytes 150000-150001/{len(CSV) + 5}", "pages 1-2", ""])
def test_a_range_that_lies_is_not_believed(server: HostileServer, tmp_path: Path, told: str) -> None:
    lie = Reply(CSV[150_000:], status=206, headers={"Content-Range": told})
    url = server.says("/votes.csv", Reply(CSV, drop_after=150_000), lie, Reply(CSV))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_range_that_starts_elsewhere_is_not_joined(server: HostileServer, tmp_path: Path) -> None:
    shifted = f"bytes 149990-{len(CSV) - 11}/{len(CSV)}"
    lie = Reply(CSV[149_990:-10], status=206, headers={"Content-Range": shifted})
    bring(tmp_path, Entry("votes.csv", server.says("/votes.csv", Reply(CSV, drop_after=150_000), lie, Reply(CSV))))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_range_shorter_than_the_rest_is_not_the_end(server: HostileServer, tmp_path: Path) -> None:
    some = Reply(CSV[150_000:150_010], status=206, headers={"Content-Range": f"bytes 150000-150009/{len(CSV)}"})
    bring(tmp_path, Entry("votes.csv", server.says("/votes.csv", Reply(CSV, drop_after=150_000), some, Reply(CSV))))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert server.requests[-1][1]["range"] == "bytes=150010-"


def test_a_range_refused_starts_over(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV, drop_after=150_000), Reply(CSV, refuses_ranges=True))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_silent_server_is_left_and_resumed(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV, pause_at=100_000, pause_s=1.5), Reply(CSV))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert server.count("/votes.csv") == 2


def test_a_server_that_always_breaks_is_given_up_and_resumed_by_the_next_run(
    server: HostileServer, tmp_path: Path
) -> None:
    url = server.says("/votes.csv", Reply(CSV, drop_after=100_000), Reply(CSV, drop_after=10))
    with pytest.raises(Unreachable, match=r"gave up after 4 attempts"):
        bring(tmp_path, Entry("votes.csv", url))
    assert visible(tmp_path) == []
    (part,) = parts(tmp_path)
    held = part.stat().st_size
    assert held >= 100_000
    server.says("/votes.csv", Reply(CSV))
    bring(tmp_path, Entry("votes.csv", url))
    assert server.requests[-1][1]["range"] == f"bytes={held}-"
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert parts(tmp_path) == []


@pytest.mark.parametrize("reply", [Reply(CSV, announced=len(CSV) + 1000), Reply(CSV, chunked=True, drop_after=99)])
def test_a_body_shorter_than_announced_is_no_file(server: HostileServer, tmp_path: Path, reply: Reply) -> None:
    with pytest.raises(Unreachable, match="gave up"):
        bring(tmp_path, Entry("votes.csv", server.says("/votes.csv", reply)))
    assert visible(tmp_path) == []


def test_a_body_longer_than_announced_is_seen_where_the_format_or_checksum_tells(
    server: HostileServer, tmp_path: Path
) -> None:
    short = server.says("/votes.parquet", Reply(PARQUET, announced=100_000))
    with pytest.raises(Unreachable, match="without its end"):
        bring(tmp_path, Entry("votes.parquet", short))
    text = server.says("/votes.csv", Reply(CSV, announced=100_000))
    with pytest.raises(LayoutChanged, match=r"sha256 [0-9a-f]{64} \(100000 bytes\)"):
        bring(tmp_path, Entry("votes.csv", text, sha256=digest(CSV)))
    assert visible(tmp_path) == []


# Servers that are busy, away or elsewhere


def test_a_busy_server_is_given_the_time_it_asks_for(server: HostileServer, tmp_path: Path) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)
    busy = [Reply(status=503, headers={"Retry-After": "1"}), Reply(status=429, headers={"Retry-After": soon})]
    url = server.says("/votes.csv", *busy, Reply(status=503), Reply(CSV))
    began = time.monotonic()
    bring(tmp_path, Entry("votes.csv", url))
    assert time.monotonic() - began >= 1
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_server_that_asks_for_hours_is_left_for_another_day(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(status=429, headers={"Retry-After": "7200"}))
    with pytest.raises(Unreachable, match="come back in 7200 s"):
        bring(tmp_path, Entry("votes.csv", url))
    assert server.count("/votes.csv") == 1


@pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 404, 410])
def test_a_refusal_is_not_repeated(server: HostileServer, tmp_path: Path, status: int) -> None:
    url = server.says("/votes.csv", Reply(status=status))
    with pytest.raises(Unreachable, match=f"/votes.csv: the server answered {status}"):
        bring(tmp_path, Entry("votes.csv", url))
    assert server.count("/votes.csv") == 1
    assert visible(tmp_path) == []


def test_nobody_listens(server: HostileServer, tmp_path: Path) -> None:
    server.http.server_close()
    entries = (Entry(f"{n}.csv", f"{server.address}/{n}.csv") for n in range(3))
    with pytest.raises(Unreachable, match=r"^3 downloads failed: .*gave up after 4 .*not asked for.*not asked for"):
        bring(tmp_path, *entries)


def test_redirects_are_followed_to_the_end(server: HostileServer, tmp_path: Path) -> None:
    server.says("/there.csv", Reply(CSV, drop_after=150_000), Reply(CSV))
    url = server.says("/here", Reply(status=302, headers={"Location": "/there.csv"}))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert server.requests[-1][1]["range"] == "bytes=150000-"


def test_redirects_that_turn_in_circles(server: HostileServer, tmp_path: Path) -> None:
    server.says("/b", Reply(status=301, headers={"Location": "/a"}))
    url = server.says("/a", Reply(status=301, headers={"Location": "/b"}))
    with pytest.raises(Unreachable, match="more than 5 redirects"):
        bring(tmp_path, Entry("votes.csv", url))


@pytest.mark.parametrize("where", ["http://example.org/x.csv", "ftp://example.org/x.csv", "file:///etc/passwd"])
def test_redirects_to_anything_but_https_are_refused(server: HostileServer, tmp_path: Path, where: str) -> None:
    url = server.says("/a", Reply(status=302, headers={"Location": where}))
    with pytest.raises(Unreachable, match=r"only https|cannot be asked for|gave up after 4 attempts: .*protocol"):
        bring(tmp_path, Entry("votes.csv", url))
    assert visible(tmp_path) == []


def test_plain_http_is_refused_unless_a_test_allows_it(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV))
    with pytest.raises(Unreachable, match="only https"):
        raise_failures(fetch(FRANCE, tmp_path, sources=[source(Entry("votes.csv", url))], patience=QUICK))
    assert server.requests == []


def test_an_answer_compressed_unasked_is_unpacked(server: HostileServer, tmp_path: Path) -> None:
    whole = Reply(gzip.compress(CSV), headers={"Content-Encoding": "gzip"})
    url = server.says("/votes.csv", dataclasses.replace(whole, drop_after=20_000), whole)
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_an_unknown_compression_is_refused(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV, headers={"Content-Encoding": "br"}))
    with pytest.raises(Unreachable, match=r"encoded \(br\)"):
        bring(tmp_path, Entry("votes.csv", url))


def test_an_endless_answer_is_cut(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV * 4, chunked=True))
    with pytest.raises(Unreachable, match="sends more than"):
        bring(tmp_path, Entry("votes.csv", url, sha256=digest(CSV), bytes=len(CSV)))


# Answers that are not the file


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("votes.csv", PAGE, "is a web page"),
        ("votes.txt", b"\xef\xbb\xbf" + PAGE, "is a web page"),
        ("votes.parquet", PAGE, "is a web page"),
        ("votes.zip", PAGE, "is a web page"),
        ("votes.geojson", PAGE, "is a web page"),
        ("votes.csv", b'{"error": "gone"}', "is a JSON message"),
        ("votes.csv", PARQUET, "is a Parquet file"),
        ("votes.csv", b"\x00\x01\x02" * 99, "is binary data"),
        ("votes.parquet", b"not a table", "is something else"),
        ("votes.parquet", PARQUET[:-9], "without its end"),
        ("votes.parquet", b"PAR1", "without its end"),
        ("votes.csv", b"", "is empty"),
    ],
)
def test_an_answer_that_is_something_else_is_set_aside(
    server: HostileServer, tmp_path: Path, name: str, body: bytes, says: str
) -> None:
    url = server.says(f"/{name}", Reply(body, headers={"Content-Type": "text/csv"}))
    with pytest.raises(Unreachable, match=says):
        bring(tmp_path, Entry(name, url))
    assert visible(tmp_path) == []
    assert (tmp_path / f".{name}.refused").read_bytes() == body
    server.says(f"/{name}", Reply(CSV if name.endswith(("csv", "txt")) else body))
    if name.endswith(("csv", "txt")):
        bring(tmp_path, Entry(name, url))
        assert (tmp_path / "elections" / name).read_bytes() == CSV


def test_a_type_that_lies_does_not_matter(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.parquet", Reply(PARQUET, headers={"Content-Type": "text/html"}))
    bring(tmp_path, Entry("votes.parquet", url))
    assert (tmp_path / "elections/votes.parquet").read_bytes() == PARQUET


def test_a_wrong_checksum_is_set_aside_and_the_right_one_taken(server: HostileServer, tmp_path: Path) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(OTHER)), sha256=digest(CSV).upper())
    with pytest.raises(LayoutChanged, match=digest(OTHER)):
        bring(tmp_path, entry)
    assert visible(tmp_path) == []
    assert (tmp_path / ".votes.csv.refused").read_bytes() == OTHER
    server.says("/votes.csv", Reply(CSV))
    assert bring(tmp_path, entry)[0].outcome == "downloaded"


# What is already there


def test_a_newer_version_is_taken_and_told(server: HostileServer, tmp_path: Path) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    bring(tmp_path, entry)
    assert bring(tmp_path, entry, refresh=True)[0].outcome == "present"
    assert server.requests[-1][1]["if-none-match"] == '"v1"'
    server.says("/votes.csv", Reply(OTHER, etag='"v2"'))
    (changed,) = bring(tmp_path, entry, refresh=True)
    assert changed.outcome == "changed"
    assert digest(CSV) in changed.detail
    assert (tmp_path / "elections/votes.csv").read_bytes() == OTHER
    assert manifest.load(tmp_path)["elections/votes.csv"].sha256 == digest(OTHER)


def test_a_failed_refresh_leaves_the_old_file(server: HostileServer, tmp_path: Path) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    bring(tmp_path, entry)
    server.says("/votes.csv", Reply(PAGE, etag='"v2"'))
    with pytest.raises(Unreachable):
        bring(tmp_path, entry, refresh=True)
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


@pytest.mark.parametrize("damage", [CSV[:1000], CSV[:-1] + b"x", b""])
def test_a_damaged_file_is_fetched_again(server: HostileServer, tmp_path: Path, damage: bytes) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    bring(tmp_path, entry)
    (tmp_path / "elections/votes.csv").write_bytes(damage)
    (outcome,) = bring(tmp_path, entry)
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV
    assert (tmp_path / "elections/.votes.csv.before").read_bytes() == damage
    assert "set aside" in outcome.detail


def test_a_file_put_there_by_hand_is_left_alone(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / "elections").mkdir()
    (tmp_path / "elections/votes.csv").write_bytes(OTHER)
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    assert bring(tmp_path, entry)[0].outcome == "kept"
    assert (tmp_path / "elections/votes.csv").read_bytes() == OTHER
    assert server.requests == []


def test_a_checksum_or_an_address_that_the_catalogue_changed_is_followed(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV))
    bring(tmp_path, Entry("votes.csv", url))
    server.says("/votes.csv", Reply(OTHER, etag='"v2"'))
    assert bring(tmp_path, Entry("votes.csv", url, sha256=digest(OTHER)))[0].outcome == "changed"
    elsewhere = server.says("/2025.csv", Reply(CSV))
    bring(tmp_path, Entry("votes.csv", elsewhere))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_damaged_manifest_is_named(server: HostileServer, tmp_path: Path) -> None:
    (tmp_path / manifest.NAME).write_text("{")
    with pytest.raises(SourceError, match=r"manifest\.json: cannot be read"):
        bring(tmp_path, Entry("votes.csv", server.says("/votes.csv", Reply(CSV))))


# Archives


def test_members_of_an_archive_are_taken_out(server: HostileServer, tmp_path: Path) -> None:
    body = zipped({"data/Votes_T1.csv": CSV, "data/Votes_T2.csv": OTHER, "meta.txt": b"read me"})
    url = server.says("/votes.zip", Reply(body, drop_after=1000), Reply(body))
    entries = (Entry("2024/votes_t1.csv", url), Entry("votes_t2.csv", url))
    first, second = bring(tmp_path, *entries)
    assert (tmp_path / "2024/votes_t1.csv").read_bytes() == CSV
    assert (tmp_path / "elections/votes_t2.csv").read_bytes() == OTHER
    assert visible(tmp_path) == ["2024/votes_t1.csv", "elections/votes_t2.csv"]
    assert first.files != second.files
    assert manifest.load(tmp_path)["2024/votes_t1.csv"].download_sha256 == digest(body)
    before = server.count("/votes.zip")
    assert {o.outcome for o in bring(tmp_path, *entries)} == {"present"}
    assert server.count("/votes.zip") == before


def test_a_shapefile_comes_with_its_other_files(server: HostileServer, tmp_path: Path) -> None:
    shape = b"\x00\x00\x27\x0a" + bytes(96)
    body = zipped({f"a/bureaux.{x}": shape if x in ("shp", "shx") else b"data" for x in ("shp", "shx", "dbf", "prj")})
    (outcome,) = bring(tmp_path, Entry("outlines/*.shp", server.says("/b.zip", Reply(body))))
    assert visible(tmp_path) == [f"outlines/bureaux.{x}" for x in ("dbf", "prj", "shp", "shx")]
    assert len(outcome.files) == 4


def test_a_gzip_file_is_unpacked(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv.gz", Reply(gzip.compress(CSV)))
    bring(tmp_path, Entry("votes.csv", url))
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def _symlink() -> bytes:
    out = io.BytesIO()
    link = zipfile.ZipInfo("votes.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _encrypted() -> bytes:
    body = bytearray(zipped({"votes.csv": CSV}))
    body[6] |= 1
    body[body.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(body)


def _wrong_sum() -> bytes:
    body = bytearray(zipped({"votes.csv": CSV}, zipfile.ZIP_STORED))
    body[5000] ^= 0xFF
    return bytes(body)


@pytest.mark.parametrize(
    ("body", "kind", "says"),
    [
        (zipped({"../../votes.csv": CSV}), SourceError, "leads outside"),
        (zipped({"/etc/votes.csv": CSV}), SourceError, "leads outside"),
        (zipped({"..\\votes.csv": CSV, "a/../votes.csv": CSV}), SourceError, "same name|leads outside"),
        (_symlink(), SourceError, "leads outside"),
        (_encrypted(), SourceError, "encrypted"),
        (_wrong_sum(), Unreachable, "broken"),
        (zipped({"votes.csv": CSV})[:-30], Unreachable, "broken"),
        (zipped({"other.csv": CSV}), LayoutChanged, "holds no votes.csv; it holds other.csv"),
        (zipped({"a/votes.csv": CSV, "b/votes.csv": OTHER}), LayoutChanged, "same name"),
        (zipped({"votes.csv": PAGE}), LayoutChanged, "is a web page"),
        (gzip.compress(CSV)[:-50], Unreachable, "broken"),
    ],
)
def test_a_bad_archive_leaves_nothing(
    server: HostileServer, tmp_path: Path, body: bytes, kind: type[IsoloirError], says: str
) -> None:
    folder = tmp_path / "inside"
    with pytest.raises(kind, match=says):
        bring(folder, Entry("votes.csv", server.says("/votes.zip", Reply(body))))
    assert visible(tmp_path) == []
    assert (folder / ".votes.zip.refused").read_bytes() == body


def test_a_bomb_is_not_set_off(server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "_BOMB_BYTES", 2**20)
    zeros = b"0;0\n" * 2**20  # 4 MiB that become a few kB
    for name, body in {"/a.zip": zipped({"votes.csv": zeros}), "/a.gz": gzip.compress(zeros)}.items():
        with pytest.raises(SourceError, match="left alone"):
            bring(tmp_path, Entry("votes.csv", server.says(name, Reply(body))))
    assert visible(tmp_path) == []


# This machine


def test_no_room_is_seen_before_the_first_byte(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV)))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(SourceError, match=rf"no room: {len(CSV)} more bytes are needed, 1000 are free"):
        bring(tmp_path, entry)
    monkeypatch.undo()
    bring(tmp_path, entry)
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_full_disk_keeps_what_came(server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = Entry("votes.csv", server.says("/votes.csv", Reply(CSV, drop_after=100_000), Reply(CSV)))

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SourceError, match="the disk is full"):
        bring(tmp_path, entry)
    assert visible(tmp_path) == []
    monkeypatch.undo()
    bring(tmp_path, entry)
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="no such folder can be made"):
        bring(tmp_path / "file", Entry("votes.csv", "https://example.org/votes.csv"))


def test_a_place_that_cannot_be_written_is_named(server: HostileServer, tmp_path: Path) -> None:
    url = server.says("/votes.csv", Reply(CSV))
    (tmp_path / "taken").write_text("a file where a folder is needed")
    with pytest.raises(SourceError, match="taken: cannot be written"):
        bring(tmp_path, Entry("taken/votes.csv", url))
    for lock in tmp_path.glob(".*.lock"):
        lock.unlink()
        lock.mkdir()
    with pytest.raises(SourceError, match=r"\.lock: cannot be written"):
        bring(tmp_path, Entry("votes.csv", url))


def test_a_failure_stops_no_other_file_and_all_are_told(server: HostileServer, tmp_path: Path) -> None:
    good = Entry("good.csv", server.says("/good.csv", Reply(CSV)))
    gone, page = Entry("gone.csv", server.says("/gone.csv", Reply(status=404))), Entry("page.csv", server.says("/page"))
    server.says("/page", Reply(PAGE))
    with pytest.raises(Unreachable, match=r"^2 downloads failed: .*gone\.csv.*404.*/page: .*web page") as caught:
        bring(tmp_path, gone, page, good)
    assert "\n" not in str(caught.value)
    assert visible(tmp_path) == ["elections/good.csv"]
    outcomes = fetch(FRANCE, tmp_path, sources=[source(gone, good)], patience=QUICK, loopback=True)
    assert [o.outcome for o in outcomes] == ["failed", "present"]


_FETCH = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_fetch import FRANCE, QUICK, source
from isoloir.sources.fetch import fetch, raise_failures
from isoloir.sources.reading import Entry
urls = json.loads(sys.argv[2])
done = raise_failures(fetch(FRANCE, Path(sys.argv[1]), patience=QUICK, loopback=True,
                            sources=[source(*(Entry(n, u) for n, u in urls.items()))]))
print([d.outcome for d in done])
"""


def _start(folder: Path, entries: dict[str, str]) -> subprocess.Popen[str]:
    code = _FETCH.format(tests=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, str(folder), json.dumps(entries)], stdout=subprocess.PIPE, text=True
    )


def test_a_killed_run_is_continued_by_the_next(server: HostileServer, tmp_path: Path) -> None:
    body = zipped({"votes.csv": CSV * 3, "more.csv": OTHER * 3}, zipfile.ZIP_STORED)
    entries = {
        "votes.csv": server.says("/votes.zip", Reply(body, drip_s=0.02)),
        "more.csv": f"{server.address}/votes.zip",
    }
    process = _start(tmp_path, entries)
    while not (parts(tmp_path) and parts(tmp_path)[0].stat().st_size > 200_000):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert visible(tmp_path) == []
    held = parts(tmp_path)[0].stat().st_size
    server.says("/votes.zip", Reply(body))
    bring(tmp_path, *(Entry(name, url) for name, url in entries.items()))
    assert server.requests[-1][1]["range"] == f"bytes={held}-"
    assert (tmp_path / "elections/votes.csv").read_bytes() == CSV * 3
    assert (tmp_path / "elections/more.csv").read_bytes() == OTHER * 3
    assert parts(tmp_path) == []


class _Killed(BaseException):
    """What a kill is to the code: nothing after this line runs, no `except Exception` sees it."""


def test_stopped_between_any_two_steps_the_next_run_ends_the_same(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = zipped({"votes.csv": CSV, "more.csv": OTHER})
    zipped_url, plain_url = server.says("/votes.zip", Reply(body)), server.says("/plain.csv", Reply(CSV))
    entries = [Entry("votes.csv", zipped_url), Entry("more.csv", zipped_url), Entry("plain.csv", plain_url)]
    wanted = {"elections/votes.csv": CSV, "elections/more.csv": OTHER, "elections/plain.csv": CSV}
    for steps in range(100):
        folder = tmp_path / str(steps)
        stopped = stop_after(steps, folder, entries, monkeypatch)
        assert all((folder / name).read_bytes() == wanted[name] for name in visible(folder)), steps
        bring(folder, *entries)
        assert {name: (folder / name).read_bytes() for name in visible(folder)} == wanted, steps
        records = {name: record.sha256 for name, record in manifest.load(folder).items()}
        assert records == {name: digest(data) for name, data in wanted.items()}, steps
        assert not [p for p in folder.rglob(".*") if ".part" in p.name], steps
        if not stopped:
            break
    assert 25 < steps < 99  # every step of a whole run was the last one, once


def stop_after(steps: int, folder: Path, entries: list[Entry], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Run until so many files were moved or removed; whether the run was stopped before its end."""
    left = steps

    def counted(original: Callable[..., object]) -> Callable[..., object]:
        def stop(*args: object, **options: object) -> object:
            nonlocal left
            if left == 0:
                raise _Killed
            left -= 1
            return original(*args, **options)

        return stop

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", counted(Path.replace))
        patched.setattr(Path, "unlink", counted(Path.unlink))
        try:
            bring(folder, *entries)
        except _Killed:
            return True
    return False


def test_two_processes_share_one_download(server: HostileServer, tmp_path: Path) -> None:
    urls = {f"{n}.csv": server.says(f"/{n}.csv", Reply(CSV, drip_s=0.01)) for n in range(3)}
    both = [_start(tmp_path, urls), _start(tmp_path, urls)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum(output.count("downloaded") for output in outputs) == 3
    assert sum(output.count("present") for output in outputs) == 3
    assert all((tmp_path / "elections" / name).read_bytes() == CSV for name in urls)
    assert len(server.requests) == 3
    assert sorted(manifest.load(tmp_path)) == [f"elections/{name}" for name in urls]


# Anything at all


_versions = st.sampled_from([(CSV, '"v1"'), (OTHER, '"v2"'), (CSV, None), (OTHER, None)])
_replies = st.builds(
    lambda version, drop, ranges, chunked, status, lie: Reply(
        version[0],
        etag=version[1],
        drop_after=drop,
        ranges=ranges,
        chunked=chunked,
        status=status,
        content_range=lie,
    ),
    _versions,
    st.none() | st.integers(0, len(CSV)),
    st.booleans(),
    st.booleans(),
    st.sampled_from([200, 200, 200, 206, 416, 500, 503, 404]),
    st.sampled_from([None, None, "bytes 5-9/10", "nonsense"]),
)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(replies=st.lists(_replies, max_size=6), runs=st.integers(1, 3))
def test_whatever_the_server_does_the_file_is_one_whole_version(
    server: HostileServer, tmp_path_factory: pytest.TempPathFactory, replies: list[Reply], runs: int
) -> None:
    folder = tmp_path_factory.mktemp("any")
    url = server.says("/any.csv", *replies, Reply(CSV))
    for _ in range(runs):
        try:
            bring(folder, Entry("any.csv", url))
        except SourceError:
            assert visible(folder) == []
        else:
            assert (folder / "elections/any.csv").read_bytes() in (CSV, OTHER)


# Which files an area needs


@pytest.mark.parametrize(
    ("area", "areas", "needed"),
    [
        ("france", ("75",), True),
        ("75", (), True),
        ("75", ("75",), True),
        ("75", ("94",), False),
        ("75056", ("75",), True),
        ("44", ("44109",), True),
        ("44109", ("44109",), True),
        ("44143", ("44109",), False),
        ("13205", ("13055",), True),
        ("974", ("97411",), True),
        ("94 44109", ("13", "44"), True),
    ],
)
def test_an_area_needs_what_touches_it(area: str, areas: tuple[str, ...], needed: bool) -> None:
    assert needs(Area.parse(area), Entry("x.csv", areas=areas)) is needed


def test_an_address_is_visited_once() -> None:
    one, two, none = Entry("a.csv", "https://x.org/z.zip"), Entry("b.csv", "https://x.org/z.zip"), Entry("c.csv")
    addresses, without = plan(FRANCE, [source(one, none), source(two, name="more")])
    assert [(a.url, len(a.serves)) for a in addresses] == [("https://x.org/z.zip", 2)]
    assert [(s.id, names) for s, names in without] == [("votes", ["c.csv"])]
