"""Pieces of evidence in words: what stands where a finding points (`visits/0/requests/12`)."""

from __future__ import annotations

import json
from collections.abc import Callable

from isoloir.audit.evidence import Evidence, Visit
from isoloir.audit.report.words import Words

MOST = 300  # characters of a value that are shown


class Pieces:
    """The evidence of one site, told piece by piece."""

    def __init__(self, evidence: Evidence, words: Words):
        self.evidence, self.words = evidence, words

    def tell(self, pointer: str) -> str:
        """What a pointer leads to; the pointer itself where it leads nowhere."""
        parts = pointer.split("/")
        try:
            visit = self.evidence.visits[int(parts[1])]
            if len(parts) < 4:
                return self._whole(visit, parts)
            number = int(parts[3])
            if parts[2] == "phases" and len(parts) > 4:
                return self._of_phase[parts[4]](visit, number, int(parts[5]) if len(parts) > 5 else 0)
            return self._of_visit[parts[2]](visit, number)
        except (IndexError, ValueError, KeyError):
            return pointer

    @property
    def _of_visit(self) -> dict[str, Callable[[Visit, int], str]]:
        return {"requests": self._request, "writes": self._write, "clicks": self._click, "phases": self._phase}

    @property
    def _of_phase(self) -> dict[str, Callable[[Visit, int, int], str]]:
        return {"banners": self._banner, "stored": self._stored, "forms": self._form, "consent": self._consent}

    def witness(self, visit: Visit) -> str:
        """What a visit is called."""
        return self.words.known("visit", visit.name)

    def phase(self, visit: Visit, number: int) -> str:
        """What a phase of a visit is called."""
        return self.words.known("phase", visit.phases[number].name) if number < len(visit.phases) else "…"

    def moment(self, visit: Visit, number: int) -> str:
        """A visit and one of its phases."""
        return f"{self.witness(visit)}{self.words('colon')}{self.phase(visit, number)}"

    def _whole(self, visit: Visit, parts: list[str]) -> str:
        if len(parts) == 3 and parts[2] == "transport":
            return self.words("piece-transport", protocol=visit.transport.protocol or self.words("none"))
        return self.words("piece-visit", witness=self.witness(visit))

    def _request(self, visit: Visit, number: int) -> str:
        request, words = visit.requests[number], self.words
        told = words(
            "piece-request", witness=self.witness(visit), phase=self.phase(visit, request.phase),
            at=words.number(request.at, 1), method=request.method, url=request.url[:MOST],
        )  # fmt: skip
        raw = [words("piece-cookie", raw=c.raw[:MOST]) for c in request.set_cookies[:5] if not c.blocked]
        sent = [words("piece-sent", names=", ".join(s.partition("|")[2] for s in request.sent[:8]))]
        return "; ".join([told, *raw, *(sent if request.sent else [])])

    def _write(self, visit: Visit, number: int) -> str:
        write, words = visit.writes[number], self.words
        told = words(
            "piece-write", witness=self.witness(visit), phase=self.phase(visit, write.phase),
            at=words.number(write.at, 1), name=write.name, kind=write.kind, value=write.value[:MOST],
        )  # fmt: skip
        return f"{told}; {words('piece-by', script=write.script[:MOST])}" if write.script else told

    def _click(self, visit: Visit, number: int) -> str:
        click = visit.clicks[number]
        effect = ", ".join(click.effect) or self.words("no-effect")
        name = click.control.name[:80]
        return self.words("piece-click", witness=self.witness(visit), name=name, layer=click.layer, effect=effect)

    def _phase(self, visit: Visit, number: int) -> str:
        url = visit.phases[number].url[:MOST]
        return self.words("piece-phase", witness=self.witness(visit), phase=self.phase(visit, number), url=url)

    def _banner(self, visit: Visit, phase: int, number: int) -> str:
        banner, words = visit.phases[phase].banners[number], self.words
        told = words(
            "piece-banner", witness=self.witness(visit), phase=self.phase(visit, phase), text=banner.text[:600]
        )
        names = ", ".join(f"« {c.name[:40]} »" for c in banner.controls if c.shown)
        return f"{told}; {words('piece-controls', names=names)}" if names else told

    def _stored(self, visit: Visit, phase: int, number: int) -> str:
        stored = visit.phases[phase].stored[number]
        return self.words(
            "piece-stored", witness=self.witness(visit), phase=self.phase(visit, phase), name=stored.name,
            kind=stored.kind, where=stored.where, value=stored.value[:MOST],
        )  # fmt: skip

    def _form(self, visit: Visit, phase: int, number: int) -> str:
        form = visit.phases[phase].forms[number]
        return self.words(
            "piece-form", witness=self.witness(visit), phase=self.phase(visit, phase), action=form.action[:MOST],
            fields=", ".join(f.partition(":")[2] or f for f in form.fields[:12]),
        )  # fmt: skip

    def _consent(self, visit: Visit, phase: int, _: int) -> str:
        said = json.dumps((visit.phases[phase].consent.tcf or {}).get("purpose"), ensure_ascii=False)[:MOST]
        return self.words("piece-consent", witness=self.witness(visit), phase=self.phase(visit, phase), tcf=said)
