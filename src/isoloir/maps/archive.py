"""What a PMTiles archive says of itself: its header and its metadata (PMTiles specification, version 3)."""

from __future__ import annotations

import gzip
import json
import struct
from pathlib import Path
from typing import Any

from isoloir.errors import StationError

_HEADER = 127  # bytes
_MAGIC = b"PMTiles\x03"
_METADATA = struct.Struct("<QQ")  # offset and length of the metadata, at byte 24
_METADATA_AT = 24
_COMPRESSION_AT = 97  # of the directories and the metadata: 1 none, 2 gzip


def mosaic_of(archive: Path) -> Path:
    """Where the pictures of numbers lie: beside the tiles."""
    return archive.with_suffix(".mosaic.pmtiles")


def read_metadata(archive: Path) -> dict[str, Any]:
    """The JSON metadata; raise StationError where the file is not a whole PMTiles archive."""
    try:
        with archive.open("rb") as stream:
            header = stream.read(_HEADER)
            if len(header) < _HEADER or not header.startswith(_MAGIC):
                raise ValueError("no PMTiles header")
            offset, length = _METADATA.unpack_from(header, _METADATA_AT)
            stream.seek(offset)
            raw = stream.read(length)
        found = json.loads(gzip.decompress(raw) if header[_COMPRESSION_AT] == 2 else raw)
    except (OSError, ValueError, EOFError) as error:
        raise StationError(
            f"{archive}: not a whole archive of tiles ({error}); delete it to have it made again"
        ) from error
    return dict(found)


def add_metadata(archive: Path, **facts: object) -> None:
    """Add facts to the metadata, in place: the new text goes to the end of the file and the header points to it.

    The specification lets the metadata lie anywhere; the few bytes of the old text stay, unread.
    """
    text = json.dumps(read_metadata(archive) | facts).encode()
    with archive.open("r+b") as stream:
        compression = stream.read(_HEADER)[_COMPRESSION_AT]
        raw = gzip.compress(text, mtime=0) if compression == 2 else text
        offset = stream.seek(0, 2)
        stream.write(raw)
        stream.seek(_METADATA_AT)
        stream.write(_METADATA.pack(offset, len(raw)))
