"""Which pages of a site are visited besides the first."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit
from urllib.robotparser import RobotFileParser

from isoloir.audit.evidence import Link
from isoloir.audit.parties import host, same_site
from isoloir.audit.words import intent, plain

AGENT = "isoloir"
NO_PAGE = re.compile(r"\.(pdf|zip|docx?|xlsx?|odt|pptx?|jpe?g|png|gif|webp|svg|mp[34]|ics|xml|rss|json|exe|dmg)$", re.I)
LEAVES = re.compile(r"logout|deconnexion|signout|wp-admin|\.(ics|vcf)", re.I)
POLICY = re.compile(r"cookie|traceur|confidentialit|vie.privee|privacy|rgpd|gdpr|donnees.personnelles|mentions|legal")
SENSITIVE = re.compile(
    r"\bdon(ner|nez|s|ate|ation)?\b|adher|join|rejoin|sign(up|er|ez)|inscri|petition|sout(enir|ien)|contact|newsletter|lettre"
    r"|engag|volont|benevol|parrain"
)


def choose_pages(home: str, links: Iterable[Link], robots: str, most: int) -> list[str]:
    """Up to `most` inner pages: about cookies first, then where visitors give data, then others in the page's order."""
    allowed = RobotFileParser()
    allowed.parse(robots.splitlines())
    found: dict[str, str] = {}
    for link in links:
        address = urljoin(home, link.href).split("#")[0]
        if _is_page(address, home) and address not in found and allowed.can_fetch(AGENT, address):
            found[address] = plain(f"{link.text} {urlsplit(address).path}")
    ranked = sorted(found, key=lambda a: 0 if SENSITIVE.search(found[a]) else 2 if POLICY.search(found[a]) else 1)
    others = ranked[: max(0, most - 1)] if (policy := policy_page(home, links)) in found else ranked[:most]
    return list(dict.fromkeys([*others, policy]))[:most] if policy in found else others


def policy_page(home: str, links: Iterable[Link]) -> str:
    """The page about cookies, else about privacy, else the legal notice; empty where no link leads to one."""
    best, found = 0, ""
    for link in links:
        address = urljoin(home, link.href).split("#")[0]
        if not _is_page(address, home):
            continue
        text = plain(f"{link.text} {urlsplit(address).path}")
        rank = (
            3 if re.search("cookie|traceur", text) else 2 if re.search("confid|privacy|vie.privee|donnees", text) else 0
        )
        rank = rank or (1 if POLICY.search(text) or intent(link.text) == "policy" else 0)
        if rank > best:
            best, found = rank, address
    return found


def _is_page(address: str, home: str) -> bool:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or NO_PAGE.search(parts.path) or LEAVES.search(address):
        return False
    return same_site(host(address), host(home)) and address.rstrip("/") != home.split("#")[0].rstrip("/")
