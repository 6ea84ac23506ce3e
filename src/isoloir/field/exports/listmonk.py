"""Pushing to a listmonk server through its API: objections come back first, and nobody is ever subscribed again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from isoloir.errors import BadAddress, BookError, SettingsError
from isoloir.field import suppression
from isoloir.field.channels import Channel, normalise
from isoloir.field.exports import people
from isoloir.field.exports.requests import going_out
from isoloir.field.models import Campaign, ExportRequest, User
from isoloir.language import say

_PAGE = 1_000
_TIMEOUT = 30  # seconds


@dataclass
class Pushed:
    """What became of the people of a push."""

    added: int = 0
    there: int = 0  # subscribed already
    left: int = 0  # said no over there: left alone
    refused: int = 0  # the server would not have them
    objections: int = 0  # learned from the server, new to the book


class Listmonk:
    """One list of a listmonk server (its API of version 2 and later)."""

    def __init__(self, url: str, user: str, token: str, list_id: int, transport: httpx.BaseTransport | None = None):
        local = url.startswith(("http://127.0.0.1", "http://localhost", "http://[::1]"))
        if not url.startswith("https://") and not local:
            raise SettingsError(f"{url}: {say('il faut une adresse https', 'it takes an https address')}")
        self._list = list_id
        self._client = httpx.Client(base_url=url.rstrip("/"), auth=(user, token), timeout=_TIMEOUT, transport=transport)

    def objections(self) -> Iterator[str]:
        """Every address that unsubscribed from this list, or that the server blocks."""
        unsubscribed = {"list_id": self._list, "subscription_status": "unsubscribed"}
        for chosen in (unsubscribed, {"query": "subscribers.status = 'blocklisted'"}):
            yield from (str(one["email"]) for one in self._pages(chosen))

    def add(self, email: str, name: str, language: str) -> str:
        """Subscribe somebody who never was: `added`, `there`, `left` (they said no there) or `refused`."""
        body = {
            "email": email, "name": name or email, "status": "enabled", "lists": [self._list],
            "attribs": {"language": language}, "preconfirm_subscriptions": True,
        }  # fmt: skip
        answer = self._send("POST", "/api/subscribers", json=body)
        if answer.status_code == httpx.codes.OK:
            return "added"
        if answer.status_code == httpx.codes.CONFLICT:
            return self._join(email)
        return "refused"

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _join(self, email: str) -> str:
        """Put on the list somebody whom the server knows, unless they said no to it."""
        quoted = email.replace("'", "''")
        found = next(iter(self._pages({"query": f"subscribers.email = '{quoted}'"})), None)
        if found is None:
            return "refused"
        if found["status"] != "enabled":
            return "left"
        here = next((one for one in found.get("lists", []) if one["id"] == self._list), None)
        if here is not None:
            return "left" if here.get("subscription_status") == "unsubscribed" else "there"
        body = {"ids": [found["id"]], "action": "add", "target_list_ids": [self._list], "status": "confirmed"}
        answer = self._send("PUT", "/api/subscribers/lists", json=body)
        return "added" if answer.status_code == httpx.codes.OK else "refused"

    def _pages(self, chosen: dict[str, Any]) -> Iterator[dict[str, Any]]:
        page = 1
        while True:
            answer = self._send("GET", "/api/subscribers", params={**chosen, "page": page, "per_page": _PAGE})
            try:
                results = answer.raise_for_status().json()["data"]["results"] or []
            except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
                code = answer.status_code
                what = say(f"listmonk répond {code} à une lecture", f"listmonk answers {code} to a reading")
                raise BookError(what) from None
            yield from results
            if len(results) < _PAGE:
                return
            page += 1

    def _send(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            raise BookError(f"listmonk: {say('injoignable', 'unreachable')} ({type(error).__name__})") from None
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN) or answer.is_server_error:
            raise BookError(say(f"listmonk répond {answer.status_code}", f"listmonk answers {answer.status_code}"))
        return answer


def push_export(request: ExportRequest, server: Listmonk, by: User | None) -> Pushed:
    """Take the server's objections into the book, then add whoever is not there yet."""
    pushed = Pushed(objections=take_objections(request.campaign, server.objections(), by))
    with going_out(request, by) as approved:
        everybody = people.opened(request.campaign, request.purpose, Channel(request.channel))
        for number, person in enumerate(everybody, 1):
            approved(number)
            fate = server.add(person.email, person.name, person.language)
            setattr(pushed, fate, getattr(pushed, fate) + 1)
        request.written = pushed.added
    return pushed


def take_objections(campaign: Campaign, addresses: Iterable[str], by: User | None) -> int:
    """Put addresses on the opt-out list of e-mail; the number that was new."""
    found = set()
    for address in addresses:
        try:
            found.add(normalise(Channel.EMAIL, address))
        except BadAddress:
            continue
    return suppression.suppress_many(campaign, Channel.EMAIL, found, how="listmonk", actor=by)
