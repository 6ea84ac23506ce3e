"""What a campaign changed, told from the stations that a draw left alone, and what such a draw could have shown."""

from isoloir.stats.measure.effect import Effect, Measured, measure, smallest_visible

__all__ = ["Effect", "Measured", "measure", "smallest_visible"]
