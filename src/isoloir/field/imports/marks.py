"""Objections of a file, as keyed fingerprints: enough to look an address up, without keeping the address."""

from __future__ import annotations

from isoloir.field.channels import Channel


class Marks:
    """Fingerprints by channel."""

    def __init__(self) -> None:
        self._by_channel: dict[Channel, set[bytes]] = {channel: set() for channel in Channel}

    def add(self, channel: Channel, mark: bytes) -> None:
        """Note one."""
        self._by_channel[channel].add(mark)

    def has(self, channel: Channel, mark: bytes) -> bool:
        """Whether it is there."""
        return mark in self._by_channel[channel]

    def of(self, channel: Channel) -> set[bytes]:
        """Those of a channel."""
        return self._by_channel[channel]

    def __len__(self) -> int:
        return sum(len(marks) for marks in self._by_channel.values())
