"""Whether a site's certificate was issued by an authority that the user named (`--ca`), or that this system trusts."""

from __future__ import annotations

import base64
import ssl
import warnings
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.utils import CryptographyDeprecationWarning

from isoloir.audit.parties import is_address
from isoloir.errors import AuditError


def read_authorities(file: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file; raise AuditError where it holds none."""
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise AuditError(f"{file}: no certificate in PEM format ({error}); give the authority's .pem or .crt") from None
    return found


@cache
def system_authorities() -> tuple[x509.Certificate, ...]:
    """The authorities of this system."""
    path = ssl.get_default_verify_paths().cafile
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # old roots with odd serial numbers
        return tuple(x509.load_pem_x509_certificates(Path(path).read_bytes()) if path and Path(path).exists() else ())


def objection(chain: Iterable[str], name: str, authorities: Sequence[x509.Certificate]) -> str:
    """What is wrong with a chain (base64 DER, the site's first); empty where nothing is."""
    certificates = [x509.load_der_x509_certificate(base64.b64decode(text)) for text in chain]
    if not certificates:
        return "no certificate"
    if not _names(certificates[0], name):
        return f"the certificate is not one of {name}"
    now = datetime.now(UTC)
    current = certificates[0]
    if not current.not_valid_before_utc <= now <= current.not_valid_after_utc:
        return "the certificate is out of date"
    for _ in range(8):
        if any(current == a or _issued(current, a) for a in authorities):
            return ""
        issuer = next((c for c in certificates[1:] if c != current and _issued(current, c)), None)
        if issuer is None:
            break
        current = issuer
    return "the certificate was not issued by a known authority"


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _names(certificate: x509.Certificate, name: str) -> bool:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return False
    if is_address(name):
        return name in {str(a) for a in names.get_values_for_type(x509.IPAddress)}
    known = [n.lower() for n in names.get_values_for_type(x509.DNSName)]
    return name in known or any(n.startswith("*.") and name.split(".", 1)[-1] == n[2:] for n in known)
