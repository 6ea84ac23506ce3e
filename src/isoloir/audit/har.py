"""The requests of a visit as an HTTP archive (HAR 1.2), for the tools that read those. Made from evidence alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from isoloir.audit.evidence import Evidence, Request, Visit


def archive(evidence: Evidence, visit: Visit) -> dict[str, Any]:
    """One visit as HAR; bodies of answers are not kept."""
    began = datetime.fromisoformat(evidence.started)
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "isoloir", "version": evidence.software.get("isoloir", "")},
            "browser": {"name": evidence.software.get("browser", ""), "version": ""},
            "pages": [
                {
                    "startedDateTime": (began + timedelta(seconds=phase.started)).isoformat(),
                    "id": f"phase-{number}",
                    "title": f"{phase.name}: {phase.url}",
                    "pageTimings": {"onLoad": round((phase.ended - phase.started) * 1000)},
                }
                for number, phase in enumerate(visit.phases)
            ],
            "entries": [_entry(request, began) for request in visit.requests],
        }
    }


def _entry(request: Request, began: datetime) -> dict[str, Any]:
    raw = [{"name": "Set-Cookie", "value": cookie.raw} for cookie in request.set_cookies]
    cookies = [{"name": c.name, "value": c.value, "domain": c.domain} for c in request.set_cookies]
    sent = [{"name": s.partition("|")[2], "value": "", "domain": s.partition("|")[0]} for s in request.sent]
    body = {"postData": {"mimeType": "", "text": request.body}} if request.body else {}
    return {
        "pageref": f"phase-{request.phase}",
        "startedDateTime": (began + timedelta(seconds=request.at)).isoformat(),
        "time": 0,
        "request": {
            "method": request.method,
            "url": request.url,
            "httpVersion": "",
            "cookies": sent,
            "headers": [],
            "queryString": [{"name": k, "value": v} for k, v in parse_qsl(urlsplit(request.url).query)],
            "headersSize": -1,
            "bodySize": len(request.body),
            **body,
        },
        "response": {
            "status": request.status,
            "statusText": request.failure,
            "httpVersion": "",
            "cookies": cookies,
            "headers": raw,
            "content": {"size": request.size, "mimeType": request.mime},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": request.size,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        "serverIPAddress": request.address,
        "_initiator": request.initiator,
    }
