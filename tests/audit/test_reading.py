"""What is read without a browser: names of controls, cookies, identifiers, hosts, lists of sites."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from isoloir.audit.evidence import Evidence, Phase, Visit
from isoloir.audit.findings import judge
from isoloir.audit.identifiers import identifies
from isoloir.audit.keep import keep, read_evidence, verify
from isoloir.audit.parties import host, objection, same_site, site
from isoloir.audit.queue import complete, plan, read_list
from isoloir.audit.run import Queue
from isoloir.audit.trackers import weigh
from isoloir.audit.visit.browser import merge_features
from isoloir.audit.visit.cookies import read_set_cookie
from isoloir.audit.words import intent
from isoloir.errors import AuditError

INTENTS = {
    "refuse": "Tout refuser|Continuer sans accepter →|Non merci|Je n'accepte pas|Interdire tous les cookies|Sans façon"
    "|Accepter uniquement les cookies nécessaires|Reject all|Only necessary cookies|Continue without accepting"
    "|I do not agree",
    "accept": "Tout accepter|J'accepte|OK, tout accepter|Oui, j'accepte|Accepter et fermer|Allow all cookies|I agree",
    "acknowledge": "OK|J'ai compris|Got it!|D'accord|Continuer",
    "settings": "Paramétrer|Personnaliser|Accepter ou refuser|En savoir plus et refuser|More options",
    "withdraw": "Gérer mes cookies|Modifier mes choix|Cookie settings|Retirer mon consentement|Cookies",
    "policy": "Politique de cookies|Mentions légales|Privacy policy",
    "save": "Enregistrer mes choix|Valider|Save preferences|Accepter la sélection",
    "close": "Fermer|×|Close",
    "info": "En savoir plus|Learn more",
    "pay": "S'abonner|Refuser et s'abonner",
}

REFUSED = [
    *("http://127.0.0.1/", "https://[::1]/", "http://192.168.1.1/", "http://169.254.169.254/x", "http://localhost/"),
    *("http://[::ffff:10.0.0.1]/", "file:///etc/passwd", "javascript:alert(1)", "http:///x", "ftp://a.fr/"),
]


@pytest.mark.parametrize(("wanted", "name"), [(k, name) for k, names in INTENTS.items() for name in names.split("|")])
def test_a_control_is_known_by_its_name(wanted: str, name: str) -> None:
    assert intent(name) == wanted


@pytest.mark.parametrize("name", ["", "Programme", "Nos propositions", "Lire la suite de l'article du maire" * 5])
def test_other_names_say_nothing(name: str) -> None:
    assert intent(name) in ("", "info")


def test_a_cookie_lives_as_long_as_it_was_asked_to() -> None:
    cookie = read_set_cookie(
        "_ga=GA1.2.3; Max-Age=63072000; Expires=Wed, 01 Jan 2020 00:00:00 GMT; Domain=.a.fr", "www.a.fr"
    )
    assert (cookie.name, cookie.domain, cookie.days) == ("_ga", "a.fr", 730.0)
    assert read_set_cookie(
        "a=1; expires=Thu, 02-Jan-2020 00:00:00 GMT", "a.fr", now=1577836800.0
    ).days == pytest.approx(1.0)
    assert read_set_cookie("a=1", "a.fr").days is None
    assert read_set_cookie("a=; max-age=-5", "a.fr").days == 0
    assert read_set_cookie("a=1; max-age=soon; expires=never", "a.fr").days is None


@pytest.mark.parametrize(
    "value",
    [
        "GA1.2.1234567890.1700000000",
        "8f1c2b7a9d3e4f50",
        "550e8400-e29b-41d4-a716-446655440000",
        '{"id": "a81bc81b44", "n": 1}',
    ],
)
def test_a_value_that_tells_visitors_apart(value: str) -> None:
    assert identifies(value)


@pytest.mark.parametrize(
    "value", ["fr", "dark", "1", "accepted", "2024-05-05T12:00:00Z", "1700000000", "fr-FR", '{"analytics": true}']
)
def test_a_value_that_tells_nobody_apart(value: str) -> None:
    assert not identifies(value)


def test_what_a_cookie_weighs() -> None:
    long = "8f1c2b7a9d3e4f50"

    def weight(name: str, value: str = long, days: float | None = 365, third: bool = False, shared: str = "") -> str:
        return weigh(name, value, "autre.test" if third else "site.test", days, third, False, shared)[1]

    assert weight("_ga") == weight("_fbp") == weight("inconnu") == weight("uid", third=True) == "needs_consent"
    assert weight("_pk_id.1.ab12") == "audience"
    assert weight("PHPSESSID", days=None) == weight("csrftoken") == weight("panier") == weight("lang", "fr") == "exempt"
    assert weight("tarteaucitron", "!analytics=false") == weight("cookie-consent", "yes") == "exempt"
    assert weight("PHPSESSID", days=700) == "needs_consent", "a session that stays for years is an identifier"
    assert weight("session_id", days=None, shared="pub.test") == "needs_consent", (
        "nothing exempt is sent to third parties"
    )


def test_sites_and_parties() -> None:
    assert site("www.mairie.gouv.fr") == "mairie.gouv.fr"
    assert same_site("a.exemple.fr", "b.exemple.fr")
    assert not same_site("a.github.io", "b.github.io")


@pytest.mark.parametrize(
    "url",
    REFUSED,
)
def test_what_must_not_be_visited(url: str) -> None:
    assert objection(url, allow_private=False)


def test_private_addresses_may_be_allowed_but_never_files() -> None:
    assert not objection("http://127.0.0.1:8000/", allow_private=True)
    assert objection("file:///etc/passwd", allow_private=True)


def test_the_list_of_sites(tmp_path: Path) -> None:
    file = tmp_path / "sites.csv"
    file.write_text(
        "candidat;url\nA;exemple.fr\nB;http://b.fr/x\nA;exemple.fr\nC;https://exemple.fr/autre\n", encoding="utf-8"
    )
    jobs = plan(read_list(file), tmp_path / "out")
    assert [j.url for j in jobs] == ["https://exemple.fr", "http://b.fr/x", "https://exemple.fr/autre"]
    assert [j.folder.name for j in jobs][:2] == ["exemple.fr", "b.fr"]
    assert len({j.folder for j in jobs}) == 3
    assert complete("exemple.fr:8443/x") == "https://exemple.fr:8443/x"
    with pytest.raises(AuditError, match=r"no address|aucune adresse"):
        plan([], tmp_path)


def test_a_host_is_visited_once_at_a_time(tmp_path: Path) -> None:
    names = ["a.fr/1", "a.fr/2", "b.fr", "a.fr/3", "c.fr"]
    jobs = plan(names, tmp_path)
    under_way: list[str] = []
    seen: list[tuple[str, ...]] = []

    async def worker(queue: Queue) -> None:
        while (job := await queue.take()) is not None:
            under_way.append(host(job.url))
            seen.append(tuple(under_way))
            for _ in range(5):
                await asyncio.sleep(0)
            under_way.remove(host(job.url))
            await queue.done(job)

    async def work() -> None:
        queue = Queue(jobs)
        await asyncio.gather(*(worker(queue) for _ in range(4)))

    asyncio.run(asyncio.wait_for(work(), 30))
    assert len(seen) == len(jobs)
    assert all(len(set(hosts)) == len(hosts) for hosts in seen)
    assert max(len(hosts) for hosts in seen) == 3


def test_features_that_are_switched_off_are_told_once() -> None:
    merged = merge_features(["--disable-features=A,B", "--x", "--disable-features=C"])
    assert merged == ["--x", "--disable-features=A,B,C"]


def evidence(**page: object) -> Evidence:
    seen = Phase(name="home", action="open", url="https://a.test/", **{"status": 200, "text": "Bonjour " * 40, **page})  # type: ignore[arg-type]
    visits = tuple(Visit(name=name, phases=(seen,)) for name in ("untouched", "browsing", "refusing"))
    return Evidence(
        url="https://a.test/",
        host="a.test",
        started="2026-01-01T00:00:00+00:00",
        ended="",
        software={},
        options={},
        visits=visits,
    )


@pytest.mark.parametrize("rules", ["cnil-2013", "cnil-2020"])
@pytest.mark.parametrize(
    "page",
    [
        {"status": 503},
        {"status": 0},
        {"failure": "net::ERR_CONNECTION_RESET"},
        {"text": "", "title": ""},
        {"title": "Just a moment...", "text": "Checking your browser"},
        {"title": "Un instant", "text": "Vérification que vous êtes humain"},
    ],
)
def test_a_page_that_was_not_seen_is_never_compliant(page: dict[str, object], rules: str) -> None:
    found = judge(evidence(**page), rules)
    assert found.verdict == "not_established"
    assert {o.verdict for o in found.obligations.values()} == {"not_established"}


@pytest.mark.parametrize("rules", ["cnil-2013", "cnil-2020"])
def test_a_page_without_trackers_is_compliant_when_every_witness_was_heard(rules: str) -> None:
    assert judge(evidence(), rules).verdict == "compliant"
    unheard = evidence().model_copy(update={"visits": evidence().visits[:1]})
    assert judge(unheard, rules).verdict == "not_established"


def test_a_changed_byte_is_found_and_a_signature_holds(tmp_path: Path) -> None:
    private = Ed25519PrivateKey.generate()
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    plain = serialization.NoEncryption()
    key.write_bytes(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(private.public_key().public_bytes(serialization.Encoding.PEM, spki))
    work, folder = tmp_path / "work", tmp_path / "a.test"
    keep(evidence(), [judge(evidence(), "cnil-2020")], work, folder, key)
    assert verify(folder, public) == []
    assert read_evidence(folder) == evidence()
    file = folder / "untouched.har"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    (folder / "more.txt").write_text("x")
    assert [line.split(":")[0] for line in verify(folder, public)] == ["more.txt", "untouched.har"]
    manifest = folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace("a.test", "b.test"))
    assert any(line.startswith("manifest.sig") for line in verify(folder))
