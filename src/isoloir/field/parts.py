"""The book in parts, by identifiers, which grow with time: of a large one, two processes work on every other part."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple, TypeVar

from isoloir.field.beside import beside
from isoloir.field.loading import unswept
from isoloir.field.models import Campaign, Contact
from isoloir.field.reading import nth
from isoloir.field.size import size

LARGE = 100_000  # contacts: of fewer, more is done by the time that two processes have begun
PROCESSES = 2
SIZE = 10_000  # contacts of a part

Made = TypeVar("Made")


class Part(NamedTuple):
    """The contacts after one identifier up to another (None: from the first, to the last)."""

    after: uuid.UUID | None = None
    upto: uuid.UUID | None = None


WHOLE = Part()


@contextmanager
def made_of_each(work: Callable[..., Made], campaign: Campaign, *given: object) -> Iterator[Iterator[Made]]:
    """What `work(campaign, part, *given)` makes of each part, in the order of the contacts; raise as `beside` does.

    `work` is a function of a module; what it is given and what it makes can be pickled. Whoever comes meanwhile is in
    the last part.
    """
    found = parts(campaign)
    if len(found) == 1:
        with unswept():
            yield (work(campaign, part, *given) for part in found)
        return
    with ExitStack() as others:
        shares = [found[first::PROCESSES] for first in range(PROCESSES)]
        made = [others.enter_context(beside(_each, work, campaign, share, given)) for share in shares]
        yield (next(made[number % PROCESSES]) for number in range(len(found)))


def parts(campaign: Campaign) -> list[Part]:
    """The parts of a book; a small one is not divided."""
    if size(campaign) < LARGE:
        return [WHOLE]
    found = [part_after(campaign, None)]
    while found[-1].upto:
        found.append(part_after(campaign, found[-1].upto))
    return found


def part_after(campaign: Campaign, after: uuid.UUID | None) -> Part:
    """The part that comes after a contact (None: the first); the last one of a book is open."""
    return Part(after, nth(SIZE, Contact, "id", {"campaign_id": campaign.pk}, after=after))


def _each(
    work: Callable[..., Made], campaign: Campaign, some: Sequence[Part], given: Sequence[object]
) -> Iterator[Made]:
    return (work(campaign, part, *given) for part in some)
