"""From a plan to the phones: its turfs with their addresses and their maps."""

from isoloir.commands.canvass.run import draw_turfs, end_canvass, open_canvass, write_visits

__all__ = ["draw_turfs", "end_canvass", "open_canvass", "write_visits"]
