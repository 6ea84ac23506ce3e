"""The folder of a site: evidence, pictures, archives, and a manifest of checksums that may be signed.

OUT/<host>/evidence.json        what was seen (JSON schema: `isoloir.audit.evidence.schema`)
OUT/<host>/<visit>/*.jpg, .html a picture and the document of each phase
OUT/<host>/<visit>.har          the requests of each visit
OUT/<host>/manifest.json        SHA-256 of every file above, with time and versions
OUT/<host>/manifest.sig         Ed25519 over the manifest, where a key was given
OUT/<host>/findings.json        the findings, which can be made again from the rest
OUT/<host>/report.html          the same for readers, and in French in rapport.html; .pdf where it was asked for
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from isoloir.audit.evidence import Evidence
from isoloir.audit.findings import Findings
from isoloir.audit.har import archive
from isoloir.audit.report.markup import REPORT
from isoloir.audit.report.write import write_site
from isoloir.errors import AuditError
from isoloir.language import say

DERIVED = {"manifest.json", "manifest.sig", "findings.json"} | {
    f"{name}.{kind}" for name in REPORT.values() for kind in ("html", "pdf")
}


def keep(evidence: Evidence, findings: Iterable[Findings], work: Path, target: Path, key: Path | None = None) -> None:
    """Write what belongs beside the pictures in `work`, and put the whole in place by one rename."""
    for visit in evidence.visits:
        _write(work / f"{visit.name}.har", json.dumps(archive(evidence, visit), ensure_ascii=False))
    save_evidence(evidence, work)
    write_manifest(work, evidence, key)
    keep_findings(evidence, [f.line() for f in findings], work)
    if target.exists():
        shutil.rmtree(target)
    work.rename(target)


def keep_findings(evidence: Evidence, lines: list[dict[str, Any]], folder: Path) -> list[Path]:
    """Write what can be made again from the evidence: the findings, and the pages that tell them."""
    _write(folder / "findings.json", json.dumps(lines, ensure_ascii=False, indent=1))
    return write_site(evidence, lines, folder)


def save_evidence(evidence: Evidence, folder: Path) -> None:
    """Write the evidence of a site into its folder."""
    _write(folder / "evidence.json", evidence.model_dump_json(exclude_defaults=True))


def write_manifest(folder: Path, evidence: Evidence, key: Path | None) -> None:
    """The checksums of every file of evidence; signed where there is a key."""
    files = {name: checksum(folder / name) for name in evidence_files(folder)}
    manifest = {
        "url": evidence.url,
        "started": evidence.started,
        "ended": evidence.ended,
        "software": evidence.software,
    }
    text = json.dumps({**manifest, "files": files}, indent=1, ensure_ascii=False)
    _write(folder / "manifest.json", text)
    if key is not None:
        private = _private_key(key)
        public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        signature = {
            "algorithm": "Ed25519",
            "public_key": _base64(public),
            "signature": _base64(private.sign(text.encode())),
        }
        _write(folder / "manifest.sig", json.dumps(signature, indent=1))


def evidence_files(folder: Path) -> list[str]:
    """Every file of evidence of a site, by its path inside the folder."""
    found = (path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file())
    return [name for name in found if name not in DERIVED]


def verify(folder: Path, public_key: Path | None = None) -> list[str]:
    """What is wrong with the evidence of a site: changed, missing or added files, a signature that does not hold."""
    try:
        text = (folder / "manifest.json").read_text(encoding="utf-8")
        known: dict[str, str] = json.loads(text)["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"manifest.json: {say('illisible', 'cannot be read')} ({type(error).__name__})"]
    there = set(evidence_files(folder))
    wrong = [f"{name}: {say('manque', 'is missing')}" for name in sorted(set(known) - there)]
    wrong += [f"{name}: {say('a été ajouté', 'was added')}" for name in sorted(there - set(known))]
    same = sorted(set(known) & there)
    wrong += [f"{n}: {say('a changé', 'has changed')}" for n in same if checksum(folder / n) != known[n]]
    return wrong + _check_signature(folder, text, public_key)


def _check_signature(folder: Path, text: str, public_key: Path | None) -> list[str]:
    file = folder / "manifest.sig"
    if not file.exists():
        return [f"manifest.sig: {say('manque', 'is missing')}"] if public_key else []
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        raw = base64.b64decode(said["public_key"])
        if public_key and raw != _public_bytes(public_key):
            return [f"manifest.sig: {say('signé par une autre clé', 'signed with another key')}"]
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(said["signature"]), text.encode())
    except (ValueError, KeyError, TypeError, InvalidSignature):
        return [f"manifest.sig: {say('la signature ne vaut pas', 'the signature does not hold')}"]
    return []


def read_evidence(folder: Path) -> Evidence:
    """The evidence of a site; raise AuditError where it cannot be read."""
    file = folder / "evidence.json"
    try:
        return Evidence.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        what = str(error).splitlines()[0]
        raise AuditError(f"{file}: {say('preuves illisibles', 'evidence that cannot be read')} ({what})") from None


def site_folders(folder: Path) -> list[Path]:
    """The folders of sites in a folder, or the folder itself; raise AuditError where there is none."""
    found = (
        [folder] if (folder / "manifest.json").exists() else sorted(p.parent for p in folder.glob("*/manifest.json"))
    )
    if not found:
        raise AuditError(f"{folder}: {say('aucune preuve ici (manifest.json)', 'no evidence here (manifest.json)')}")
    return found


def checksum(file: Path) -> str:
    """The SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _private_key(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise AuditError(f"{file}: {error}; openssl genpkey -algorithm ed25519 -out {file}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditError(f"{file}: {say('pas une clé Ed25519', 'not an Ed25519 key')}")
    return key


def _public_bytes(file: Path) -> bytes:
    try:
        key: Any = serialization.load_pem_public_key(file.read_bytes())
    except (OSError, ValueError) as error:
        raise AuditError(f"{file}: {error}") from None
    return bytes(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", errors="replace")
