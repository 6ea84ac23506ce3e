"""Objections of a file, as keyed fingerprints: enough to look an address up, without keeping the address."""

from __future__ import annotations

from isoloir.field.channels import Channel


class Marks:
    """Fingerprints by channel."""

    def __init__(self) -> None:
        self.by_channel: dict[Channel, set[bytes]] = {channel: set() for channel in Channel}

    def add(self, channel: Channel, mark: bytes) -> None:
        """Note one."""
        self.by_channel[channel].add(mark)

    def of(self, channel: Channel) -> set[bytes]:
        """Those of a channel."""
        return self.by_channel[channel]

    def __len__(self) -> int:
        return sum(len(marks) for marks in self.by_channel.values())
