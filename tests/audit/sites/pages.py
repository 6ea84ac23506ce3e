"""The pages of a site, from its description."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template

from sites.catalogue import HERE, Site

MODULES = HERE / "node_modules"
TYPES = {".js": "text/javascript", ".css": "text/css", ".html": "text/html", ".svg": "image/svg+xml"}
Body = str | bytes | Iterator[bytes]


@dataclass(frozen=True)
class Answer:
    """A response; a body that is an iterator is streamed."""

    body: Body = ""
    mime: str = "text/html; charset=utf-8"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default_factory=tuple)


WORDS = {
    "fr": {
        "title": "Campagne",
        "nav": {"/": "Accueil", "/programme": "Programme", "/agenda": "Agenda", "/contact": "Nous écrire"},
        "policy": "Politique de cookies",
        "again": "Gérer mes cookies",
        "text": "Nous voulons une commune où chacun trouve un logement, une école et un train."
        " Ce site présente notre projet, notre équipe et les réunions publiques des prochaines semaines."
        " Rejoignez-nous au marché samedi matin.",
        "/programme": "Notre programme tient en douze mesures, chiffrées et datées, de la cantine aux vélos.",
        "/agenda": "Réunion publique jeudi à vingt heures, salle des fêtes. Porte à porte samedi, place de la mairie.",
        "/contact": "Écrivez-nous à la permanence, douze rue de la République. Nous répondons à toutes les lettres.",
    },
    "en": {
        "title": "Campaign",
        "nav": {"/": "Home", "/programme": "Manifesto", "/agenda": "Events", "/contact": "Write to us"},
        "policy": "Cookie policy",
        "again": "Cookie settings",
        "text": "We want a town where everyone finds a home, a school and a train."
        " This site presents our project, our team and the public meetings of the coming weeks."
        " Join us at the market on Saturday morning.",
        "/programme": "Our manifesto holds twelve measures, costed and dated, from school meals to cycle lanes.",
        "/agenda": "Public meeting on Thursday at eight in the town hall. Canvassing on Saturday, meet at the square.",
        "/contact": "Write to us at the office, twelve High Street. We answer every letter.",
    },
}


def answer(site: Site, path: str, cookies: str) -> Answer:
    """What a site answers."""
    made = site.made
    if path == "/site.js":
        return Answer((HERE / "site.js").read_text(encoding="utf-8"), "text/javascript")
    if path.startswith("/lib/"):
        return _package(path.removeprefix("/lib/"))
    if path in ("/ping", "/matomo.php"):
        return Answer(status=204)
    if path == "/robots.txt" and "robots" in made:
        return Answer(made["robots"], "text/plain")
    if path not in WORDS["fr"]["nav"] and path != "/cookies" and path not in made.get("extra", {}):
        return Answer("<title>404</title><p>404 Not Found", status=404)
    headers = tuple(("Set-Cookie", line) for line in made.get("set_cookies", ()))
    if "only" in made:
        return Answer(made["only"], status=made.get("status", 200), headers=headers)
    if made.get("withholds") and "cookie-consent=refuse" in cookies:
        return Answer("<title>Accès</title><p>Acceptez les cookies pour lire ce site.</p>", headers=headers)
    return Answer(_page(site, path), headers=headers)


def _page(site: Site, path: str) -> str:
    made = site.made
    lang = made.get("lang", "fr")
    words = WORDS[lang]
    nav = "".join(f'<li><a href="{to}">{name}</a></li>' for to, name in words["nav"].items())
    links = [f'<a href="/cookies">{words["policy"]}</a>'] if "policy" in made else []
    links += [f'<a href="#" data-again>{words["again"]}</a>'] if "again" in made else []
    links += [f'<a href="{extra}">{extra.strip("/")}</a>' for extra in made.get("extra", {})]
    links += made.get("footer", [])
    told = "".join(f"<p>{p}</p>" for p in made.get("policy", ())) + "".join(map(_deed, made.get("policy_controls", ())))
    main = f"<h1>{words['policy']}</h1>{told}" if path == "/cookies" else _text(site, path)
    described = json.dumps({**made, "lang": lang}, ensure_ascii=False).replace("</", "<\\/")
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{words["title"]}</title>
{_manager(site)}</head><body style="font:16px sans-serif;margin:2em;min-height:1500px"><nav><ul>{nav}</ul></nav>
<main>{main}</main><footer>{" · ".join(links)}</footer>
<script type="application/json" id="site">{described}</script><script src="/site.js"></script></body></html>"""


def _text(site: Site, path: str) -> str:
    if path in site.made.get("extra", {}):
        return str(site.made["extra"][path])
    words = WORDS[site.made.get("lang", "fr")]
    title = words["nav"][path]
    return f"<h1>{title}</h1><p>{words['text'] if path == '/' else words[path]}</p>" + site.made.get("body", "")


def _deed(text: str) -> str:
    label, deed = (part.strip() for part in text.split("|"))
    return f'<p><button data-do="{deed}">{escape(label)}</button></p>'


def _manager(site: Site) -> str:
    """The consent manager of a site: its package from `node_modules`, set up by a template of `managers/`."""
    if "manager" not in site.made:
        return ""
    template = Template((HERE / "managers" / f"{site.made['manager']}.html").read_text(encoding="utf-8"))
    return template.substitute(site.made.get("options", {}))


def _package(path: str) -> Answer:
    file = (MODULES / path).resolve()
    if not file.is_relative_to(MODULES) or not file.is_file():
        return Answer(status=404)
    return Answer(file.read_bytes(), TYPES.get(Path(path).suffix, "text/plain"))
