"""What was seen on a website: the only thing that findings may look at.

    Evidence            one site, one run
    └── Visit           one fresh browser context, a witness of its own
        ├── Phase       the page at one moment: after loading, after a click, after a reload
        │   ├── Banner  what asks or informs, with its controls
        │   ├── Control something to click elsewhere on the page
        │   ├── Stored  a cookie or a storage key that is there
        │   └── Form    what asks for personal data
        ├── Click       what was clicked, and what it changed
        ├── Request     what went over the network, with the raw `Set-Cookie`
        └── Write       what a script did: `document.cookie`, storage, canvas

Every part is plain data; `schema()` is its JSON schema. Requests and writes carry the number of the phase in which they
happened. Times are seconds since the visit began; lengths on the page are CSS pixels; lives are days.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

VERSION = 1
Intent = Literal[
    "refuse", "accept", "acknowledge", "settings", "save", "close", "info", "pay", "withdraw", "policy", ""
]


class Part(BaseModel):
    """Plain data that does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Box(Part):
    """A rectangle in the window, CSS pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """Its area in square pixels."""
        return self.width * self.height


class Control(Part):
    """Something that can be clicked, measured as the visitor sees it."""

    name: str
    role: str
    intent: Intent = ""
    selector: str = ""
    frame: str = ""
    box: Box | None = None
    font_px: float = 0.0
    contrast: float = 0.0
    shown: bool = False
    covered: bool = False
    why_hidden: str = ""
    href: str = ""
    html: str = ""
    checked: bool | None = None
    disabled: bool = False
    near: str = ""


class Banner(Part):
    """What asks for consent, or informs: a bar, a dialog, a panel."""

    text: str
    selector: str
    frame: str
    box: Box
    kind: Literal["asks", "informs"]
    controls: tuple[Control, ...]
    toggles: tuple[Control, ...] = ()

    def of(self, *intents: Intent, shown: bool = True) -> tuple[Control, ...]:
        """Its controls of these intents; only those that can be seen, unless told otherwise."""
        return tuple(c for c in self.controls if c.intent in intents and (c.shown or not shown))


class Stored(Part):
    """A cookie, or a key of local or session storage, that is there at the end of a phase."""

    kind: Literal["cookie", "local", "session", "database"]
    name: str
    value: str
    where: str
    days: float | None = None
    http_only: bool = False
    same_site: str = ""
    path: str = "/"


class Form(Part):
    """A form that asks for personal data, and what stands beside it."""

    action: str
    fields: tuple[str, ...]
    boxes: tuple[Control, ...]
    text: str
    links: tuple[str, ...]


class Link(Part):
    """A link of the page."""

    href: str
    text: str


class Consent(Part):
    """What the page's consent API (IAB TCF) and its Google consent mode say of themselves."""

    tcf: dict[str, Any] | None = None
    modes: tuple[dict[str, Any], ...] = ()


class Analytics(Part):
    """How the page set up its audience measurement: the commands that it gave."""

    google: tuple[str, ...] = ()
    matomo: tuple[str, ...] = ()
    switched_off: tuple[str, ...] = ()


class Phase(Part):
    """The page at one moment."""

    name: str
    action: str
    url: str
    status: int = 0
    title: str = ""
    text: str = ""
    started: float = 0.0
    ended: float = 0.0
    settled: bool = True
    failure: str = ""
    banners: tuple[Banner, ...] = ()
    controls: tuple[Control, ...] = ()
    stored: tuple[Stored, ...] = ()
    links: tuple[Link, ...] = ()
    forms: tuple[Form, ...] = ()
    consent: Consent = Consent()
    analytics: Analytics = Analytics()
    closed_roots: int = 0
    screenshot: str = ""
    dom: str = ""

    @property
    def asking(self) -> Banner | None:
        """The banner that asks, else the one that informs."""
        ranked = sorted(self.banners, key=lambda b: (b.kind != "asks", -len(b.controls)))
        return ranked[0] if ranked else None


class Click(Part):
    """One click, and what it changed; no effect means that it was not a choice."""

    phase: int
    at: float
    control: Control
    layer: int
    purpose: Literal["refuse", "accept", "settings", "save", "untick", "withdraw", "browse"]
    effect: tuple[str, ...]
    seen: str = ""


class SetCookie(Part):
    """A cookie that a response asked for, as it was asked for; the browser's own cap on its life does not show here."""

    raw: str
    name: str
    value: str
    domain: str
    days: float | None
    blocked: tuple[str, ...] = ()


class Request(Part):
    """One request, with what went out and what came back."""

    phase: int
    at: float
    url: str
    method: str
    kind: str
    frame: str
    initiator: str = ""
    status: int = 0
    mime: str = ""
    sent: tuple[str, ...] = ()
    set_cookies: tuple[SetCookie, ...] = ()
    body: str = ""
    address: str = ""
    failure: str = ""
    size: int = 0


class Write(Part):
    """What a script did in the visitor's browser."""

    phase: int
    at: float
    kind: Literal["cookie", "local", "session", "canvas", "webgl", "audio", "timer", "service_worker"]
    frame: str
    script: str
    name: str
    value: str
    days: float | None = None


class Transport(Part):
    """How the first page came: encryption and the headers that protect visitors."""

    protocol: str = ""
    issuer: str = ""
    trusted: bool = True
    headers: dict[str, str] = {}


class Visit(Part):
    """One fresh browser context."""

    name: str
    phases: tuple[Phase, ...] = ()
    clicks: tuple[Click, ...] = ()
    requests: tuple[Request, ...] = ()
    writes: tuple[Write, ...] = ()
    transport: Transport = Transport()
    notes: tuple[str, ...] = ()
    failure: str = ""
    har: str = ""

    def phase(self, name: str) -> int | None:
        """The number of the phase of this name."""
        return next((n for n, p in enumerate(self.phases) if p.name == name), None)


class Evidence(Part):
    """One site, one run."""

    version: int = VERSION
    url: str
    host: str
    started: str
    ended: str
    software: dict[str, str]
    options: dict[str, Any]
    visits: tuple[Visit, ...] = ()
    failure: str = ""

    def visit(self, name: str) -> Visit | None:
        """The visit of this name."""
        return next((v for v in self.visits if v.name == name), None)


def schema() -> dict[str, Any]:
    """The JSON schema of the evidence of one site."""
    return Evidence.model_json_schema()
