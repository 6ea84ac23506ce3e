"""What third parties answer: a few lines for each script, and the cookies that they set."""

from __future__ import annotations

from dataclasses import dataclass

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
YEAR = "Path=/; Max-Age=31536000; SameSite=None; Secure"

# Google Analytics of 2017: reads the commands that the page queued, writes its cookies, and calls home.
ANALYTICS = """
const commands = (window.ga && window.ga.q) || [];
const days = window.siteLife || 730;
const visitor = `${Math.floor(1e9 * (1 + Math.random()))}.${Math.floor(Date.now() / 1000)}`;
const cookie = (name, value, life) => { document.cookie = `${name}=${value}; path=/; max-age=${life * 86400}`; };
if (!/_ga=/.test(document.cookie)) cookie("_ga", `GA1.2.${visitor}`, days);
cookie("_gid", `GA1.2.${visitor}`, 1);
const anonymous = commands.some(([what, name, on]) => what === "set" && name === "anonymizeIp" && on);
const address = `https://www.google-analytics.com/collect?v=1&t=pageview&tid=UA-12345-1&cid=${visitor}`;
new Image().src = address + (anonymous ? "&aip=1" : "");
"""
GTAG = """
const days = window.siteLife || 730;
const visitor = `${Math.floor(1e9 * (1 + Math.random()))}.${Math.floor(Date.now() / 1000)}`;
const cookie = (name, value) => { document.cookie = `${name}=${value}; path=/; max-age=${days * 86400}`; };
if (!/_ga=/.test(document.cookie)) cookie("_ga", `GA1.1.${visitor}`);
cookie("_ga_ABC123", `GS1.1.${Math.floor(Date.now() / 1000)}.1.0.${visitor}`);
navigator.sendBeacon(`https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123&gcs=G111&cid=${visitor}`);
"""
FACEBOOK = """
document.cookie = `_fbp=fb.1.${Date.now()}.${Math.floor(1e9 * (1 + Math.random()))}; path=/; max-age=7776000`;
new Image().src = "https://www.facebook.com/tr?id=42&ev=PageView";
"""
HEATMAP = """
const id = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
document.cookie = `_hjSessionUser_99=${id}; path=/; max-age=31536000`;
navigator.sendBeacon("https://in.hotjar.com/api/v2/client", JSON.stringify({ user: id, moves: [[1, 2]] }));
"""
MANAGER = """
for (const src of ["https://connect.facebook.net/fr_FR/fbevents.js", "https://static.hotjar.com/c/hotjar-99.js"])
  document.head.append(Object.assign(document.createElement("script"), { src }));
"""
# A banner in a frame of another origin: it tells the page by message what was chosen.
FRAMED = """<!doctype html><meta charset="utf-8"><title>cmp</title>
<body style="margin:0;background:#fff;font:15px sans-serif"><div style="padding:16px">
<p>Avec nos partenaires, nous utilisons des cookies pour mesurer l'audience et afficher de la publicité.
Vous pouvez changer d'avis à tout moment.</p>
<button data-do="accept" style="padding:8px;font-size:15px">Tout accepter</button>
<button data-do="refuse" style="padding:8px;font-size:15px">Tout refuser</button></div>
<script>for (const b of document.querySelectorAll("[data-do]")) b.onclick = () => parent.postMessage(b.dataset.do, "*");
</script>"""


@dataclass(frozen=True)
class Stub:
    """One answer: its type, its body, a cookie."""

    mime: str
    body: str | bytes
    cookie: str = ""


SCRIPT, PAGE, PICTURE = "text/javascript", "text/html", "image/gif"
STUBS = {
    "www.google-analytics.com/analytics.js": Stub(SCRIPT, f"(() => {{{ANALYTICS}}})();"),
    "www.google-analytics.com/": Stub(PICTURE, GIF),
    "www.googletagmanager.com/gtag/js": Stub(SCRIPT, f"(() => {{{GTAG}}})();"),
    "www.googletagmanager.com/gtm.js": Stub(SCRIPT, f"(() => {{{MANAGER}}})();"),
    "connect.facebook.net/": Stub(SCRIPT, f"(() => {{{FACEBOOK}}})();"),
    "www.facebook.com/": Stub(PICTURE, GIF, f"fr=0aBcDeF123456789.AWVx; {YEAR}"),
    "stats.g.doubleclick.net/": Stub(PICTURE, GIF, f"IDE=AHWqTUm8a7c9d0e1f2a3b4c5; {YEAR}"),
    "static.hotjar.com/": Stub(SCRIPT, f"(() => {{{HEATMAP}}})();"),
    "in.hotjar.com/": Stub("application/json", "{}"),
    "www.youtube.com/": Stub(PAGE, "<p>video</p>", f"VISITOR_INFO1_LIVE=x9Yh2kPq0Zs; {YEAR}"),
    "www.youtube-nocookie.com/": Stub(PAGE, "<p>video</p>"),
    "fonts.googleapis.com/": Stub("text/css", ""),
    "regie.publicite-locale.test/": Stub(PICTURE, GIF, f"who=7f3a99c1d2e84b5f; {YEAR}"),
    "empreinte.mesureur.test/": Stub("application/json", "{}"),
    "cadre.bandeaux.test/": Stub(PAGE, FRAMED),
}
HOSTS = tuple(dict.fromkeys(prefix.split("/")[0] for prefix in STUBS))
# What these stubs, and the sites' own trackers, leave on a device: known here, whatever the audit makes of it.
COOKIES = ("_ga", "_gid", "_ga_ABC123", "_fbp", "fr", "IDE", "_hjSessionUser_99", "VISITOR_INFO1_LIVE", "who", "mid")
TRACKERS = frozenset((*COOKIES, "vstr", "seg", "visitorId", "deviceRef"))


def stub(host: str, path: str) -> Stub | None:
    """What a third party answers; None where the host is none."""
    if host.startswith("mesure."):  # a name of the site itself, that is somebody else's machine
        return Stub(
            PICTURE, GIF, f"mid=5c1f0a9be27d4438; Domain={host.removeprefix('mesure.')}; Path=/; Max-Age=31536000"
        )
    return next((answer for prefix, answer in STUBS.items() if f"{host}{path}".startswith(prefix)), None)
