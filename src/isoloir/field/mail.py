"""Mail: one message to one address, never two addresses in one message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.mail import EmailMessage, get_connection

from isoloir.field.models import Campaign
from isoloir.settings import settings


@dataclass(frozen=True)
class Letter:
    """What one person gets."""

    to: str
    subject: str
    body: str
    headers: dict[str, str] = field(default_factory=dict)


class Message(EmailMessage):
    """Headers stay on one line: a link that is folded is one that some programs do not find (RFC 5322, 2.1.1)."""

    def message(self, *, policy: Any = None) -> Any:  # noqa: ARG002 (that of a later Django)
        """As Django makes it, with the longest lines that the standard allows."""
        made: Any = super().message()
        made.policy = made.policy.clone(max_line_length=998)
        return made


def send(letters: Iterable[Letter], campaign: Campaign) -> int:
    """Send each letter by itself over one connection; how many went."""
    with posting(campaign) as post:
        return sum(post(letter) for letter in letters)


@contextmanager
def posting(campaign: Campaign) -> Iterator[Any]:
    """A function that sends one letter over one open connection; it raises OSError where the server refuses it."""
    sender = settings().mail_from or campaign.contact
    with get_connection() as connection:

        def post(letter: Letter) -> int:
            message = Message(
                letter.subject, letter.body, _named(campaign.name, sender), [letter.to],
                reply_to=[campaign.contact], headers=letter.headers, connection=connection,
            )  # fmt: skip
            return int(message.send() or 0)

        yield post


def _named(name: str, address: str) -> str:
    plain = " ".join(name.replace('"', "").replace("\\", "").split())
    return f'"{plain}" <{address}>'
