"""A phone of the canvass without its screen, as the server sees it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

DAY = 86_400_000  # milliseconds
NOW = 1_795_000_000_000
Door = tuple[int, int, int]


@dataclass
class Phone:
    """A phone that forgets nothing: what it logged, what was acknowledged, what it knows of the turf."""

    id: uuid.UUID = field(default_factory=uuid.uuid4)
    skew: int = 0
    log: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: int = 0
    seen: int = 0
    doors: dict[Door, str] = field(default_factory=dict)

    def request(self, turf: int, most: int) -> dict[str, Any]:
        first = self.acknowledged + 1
        return {
            "phone": str(self.id), "now": NOW + self.skew, "first": first, "oldest": 1,
            "reports": self.log[first - 1 : first - 1 + most], "turf": turf, "seen": self.seen,
        }  # fmt: skip

    def hear(self, answer: dict[str, Any]) -> None:
        self.acknowledged = max(self.acknowledged, answer["received"])
        if answer["sequence"] < self.seen:
            return  # an answer that was overtaken
        self.seen = answer["sequence"]
        for building, floor, door, outcome in answer["doors"]:
            self.doors.pop((building, floor, door), None)
            if outcome:
                self.doors[building, floor, door] = outcome
