"""What goes over the network and what scripts do, listened to at the browser's debugging door (CDP)."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from importlib import resources
from typing import Any

from playwright.async_api import CDPSession
from playwright.async_api import Error as BrowserError

from isoloir.audit.evidence import Request, SetCookie, Transport, Write
from isoloir.audit.parties import host
from isoloir.audit.visit.cookies import read_set_cookie

MOST_REQUESTS = 3000
MOST_WRITES = 3000
MOST_COOKIES = 200
PROTECTING = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
)


class Hop:
    """One request while it is under way; a redirect makes another of the same id."""

    def __init__(self, phase: int, at: float, event: dict[str, Any]):
        request, starter = event["request"], event.get("initiator", {})
        self.phase, self.at, self.url = phase, at, str(request["url"])[:2000]
        self.method, self.kind = request.get("method", ""), event.get("type", "")
        self.frame, self.body = str(event.get("documentURL", ""))[:500], str(request.get("postData", ""))[:2000]
        calls = starter.get("stack", {}).get("callFrames", [])
        self.initiator = str(starter.get("url") or next((c["url"] for c in calls if c.get("url")), ""))[:500]
        self.status, self.mime, self.address, self.failure, self.size = 0, "", "", "", 0
        self.sent: tuple[str, ...] = ()
        self.set_cookies: tuple[SetCookie, ...] = ()
        self.answered, self.asked = False, False

    def done(self) -> Request:
        """The request as evidence."""
        return Request(**{name: getattr(self, name) for name in Request.model_fields})


class Recorder:
    """Listens to one page; `phase` says which phase what it hears belongs to."""

    def __init__(self, session: CDPSession, name: str, most_bytes: int):
        self.session, self.name, self.most_bytes = session, name, most_bytes
        self.phase, self.began = 0, time.monotonic()
        self.hops: list[Hop] = []
        self.by_id: dict[str, list[Hop]] = {}
        self.early: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        self.writes: list[Write] = []
        self.under_way: set[str] = set()
        self.last = time.monotonic()
        self.bytes = 0
        self.too_big = False
        self.stopping: asyncio.Future[None] | None = None
        self.dropped = 0
        self.transport = Transport()
        self.documents: list[tuple[str, int]] = []

    async def start(self) -> None:
        """Open the door: every listener is there before the first page is."""
        on = self.session.on
        on("Network.requestWillBeSent", self._sent)
        on("Network.requestWillBeSentExtraInfo", lambda e: self._extra("asked", e))
        on("Network.responseReceivedExtraInfo", lambda e: self._extra("answered", e))
        on("Network.responseReceived", self._received)
        on("Network.dataReceived", self._data)
        on("Network.loadingFinished", self._finished)
        on("Network.loadingFailed", self._failed)
        on("Runtime.bindingCalled", self._told)
        probe = (resources.files("isoloir.audit.visit") / "probe.js").read_text(encoding="utf-8")
        for method, given in (
            ("Network.enable", {"maxPostDataSize": 4096}),
            ("Page.enable", {}),
            ("Runtime.enable", {}),
            ("Runtime.addBinding", {"name": self.name}),
            ("Page.addScriptToEvaluateOnNewDocument", {"source": probe.replace("__NAME__", self.name)}),
        ):
            await self.session.send(method, given)

    @property
    def at(self) -> float:
        """Seconds since the visit began."""
        return round(time.monotonic() - self.began, 3)

    @property
    def quiet_for(self) -> float:
        """Seconds since anything happened on the network; 0 while something is under way."""
        return 0.0 if self.under_way else time.monotonic() - self.last

    def requests(self) -> tuple[Request, ...]:
        """What was heard so far."""
        return tuple(hop.done() for hop in self.hops)

    def _sent(self, event: dict[str, Any]) -> None:
        key, self.last = event["requestId"], time.monotonic()
        url = event["request"]["url"]
        if url.startswith(("data:", "blob:", "about:")):
            return
        redirected = event.get("redirectResponse")
        if redirected and self.by_id.get(key):
            self._answer(self.by_id[key][-1], redirected)
        if len(self.hops) >= MOST_REQUESTS:
            self.dropped += 1
            return
        hop = Hop(self.phase, self.at, event)
        self.hops.append(hop)
        self.by_id.setdefault(key, []).append(hop)
        if event.get("type") not in ("WebSocket", "EventSource", "Media", "Ping"):
            self.under_way.add(key)
        for what, extra in self.early.pop(key, []):
            self._extra(what, extra)

    def _extra(self, what: str, event: dict[str, Any]) -> None:
        """Raw headers come in their own events, one for each hop and in order, sometimes before the request itself."""
        hop = next((h for h in self.by_id.get(event["requestId"], []) if not getattr(h, what)), None)
        if hop is None:
            if len(self.early) < 500:
                self.early.setdefault(event["requestId"], []).append((what, event))
            return
        setattr(hop, what, True)
        if what == "asked":
            there = (c for c in event.get("associatedCookies", []) if not c.get("blockedReasons"))
            hop.sent = tuple(f"{c['cookie']['domain'].lstrip('.')}|{c['cookie']['name']}"[:300] for c in there)[:100]
            return
        blocked = {b["cookieLine"]: tuple(b["blockedReasons"]) for b in event.get("blockedCookies", [])}
        raw = next((v for k, v in event.get("headers", {}).items() if k.lower() == "set-cookie"), "")
        lines = [line for line in raw.split("\n") if line][:MOST_COOKIES]
        hop.set_cookies = tuple(read_set_cookie(line, host(hop.url), blocked.get(line, ())) for line in lines)
        hop.status = hop.status or int(event.get("statusCode", 0))

    def _answer(self, hop: Hop, response: dict[str, Any]) -> None:
        hop.status, hop.mime = int(response.get("status", 0)), str(response.get("mimeType", ""))
        hop.address = str(response.get("remoteIPAddress", ""))

    def _received(self, event: dict[str, Any]) -> None:
        hops = self.by_id.get(event["requestId"])
        if not hops:
            return
        response = event["response"]
        self._answer(hops[-1], response)
        if event.get("type") == "Document" and not self.documents:
            self.transport = _transport(response)
        if event.get("type") == "Document":
            self.documents.append((str(response.get("url", "")), int(response.get("status", 0))))

    def _data(self, event: dict[str, Any]) -> None:
        self.last = time.monotonic()
        size = int(event.get("dataLength", 0))
        self.bytes += size
        if self.bytes > self.most_bytes and not self.too_big:
            self.too_big = True
            self.stopping = asyncio.ensure_future(self._stop())
        if hops := self.by_id.get(event["requestId"]):
            hops[-1].size += size

    async def _stop(self) -> None:
        """Enough came: no more of it."""
        with suppress(BrowserError):
            await self.session.send("Page.stopLoading")

    def _finished(self, event: dict[str, Any]) -> None:
        self.under_way.discard(event["requestId"])
        self.last = time.monotonic()

    def _failed(self, event: dict[str, Any]) -> None:
        self._finished(event)
        if hops := self.by_id.get(event["requestId"]):
            hops[-1].failure = str(event.get("blockedReason") or event.get("errorText", ""))[:100]

    def _told(self, event: dict[str, Any]) -> None:
        if event.get("name") != self.name or len(self.writes) >= MOST_WRITES:
            return
        try:
            said = {k: str(v) for k, v in json.loads(event["payload"]).items()}
            days = read_set_cookie(said["value"], host(said["frame"])).days if said["kind"] == "cookie" else None
            self.writes.append(Write(phase=self.phase, at=self.at, days=days, **said))  # type: ignore[arg-type]
        except (ValueError, TypeError, KeyError):
            return  # a page that found the door and knocks with nonsense


def _transport(response: dict[str, Any]) -> Transport:
    secure = response.get("securityDetails") or {}
    headers = {k.lower(): str(v)[:500] for k, v in response.get("headers", {}).items() if k.lower() in PROTECTING}
    return Transport(protocol=str(secure.get("protocol", "")), issuer=str(secure.get("issuer", "")), headers=headers)
