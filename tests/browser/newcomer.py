"""Somebody who has never seen the application: how long a building takes them, by what is known of readers and fingers.

Every word that comes on the screen is read once, at 238 words a minute (Brysbaert, "How many words do we read per
minute?", 2019); each touch costs a thought and a movement of the finger, 1.35 and 1.1 s, or the movement alone where it
is the same touch again (keystroke-level model: Card, Moran and Newell, 1980). The application's own time is measured.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from evenings import PATIENCE, Walker
from playwright.sync_api import Locator, expect

READ, THINK, TOUCH = 60 / 238, 1.35, 1.1  # seconds: a word, a decision, a finger
WORDS = """() => {
    const seen = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(walk.currentNode);
        const box = range.getBoundingClientRect();
        if (box.height && box.bottom > 0 && box.top < innerHeight) seen.push(walk.currentNode.textContent);
    }
    return seen.join(" ");
}"""


@dataclass
class Newcomer:
    """What they have read, and the seconds that went by."""

    walker: Walker
    seconds: float = 0.0
    read: set[str] = field(default_factory=set)
    before: str = ""

    def look(self) -> None:
        """Read what is new on the screen."""
        words = [word for word in self.walker.page.evaluate(WORDS).split() if any(c.isalpha() for c in word)]
        fresh = set(words) - self.read
        self.seconds += READ * sum(word in fresh for word in words)
        self.read |= fresh

    def touch(self, what: Locator, then: Locator) -> None:
        """Decide, touch, and wait until something is there."""
        name = what.inner_text()
        self.seconds += TOUCH + (0 if name == self.before else THINK)
        self.before = name
        begun = time.perf_counter()
        what.click(timeout=PATIENCE)
        expect(then).to_be_visible(timeout=PATIENCE)
        self.seconds += time.perf_counter() - begun

    def building(self, doors: int) -> float:
        """From the walk to the end of the next building, every door tapped; the seconds that it took."""
        page, begun = self.walker.page, self.seconds
        expect(page.locator(".next")).to_contain_text(f": {doors}")
        self.look()
        self.touch(page.locator("#next"), page.locator(".outcomes"))
        self.look()
        for door in range(1, doors + 1):
            outcome = ("absent", "absent", "opened", "conversation")[door % 4]
            self.touch(
                page.locator(f".outcomes [data-outcome={outcome}]"), page.locator(f".known li:nth-child({door})")
            )
            self.look()
        page.locator("#done").scroll_into_view_if_needed()
        self.touch(page.locator("#done"), page.locator("#progress"))
        return self.seconds - begun
