"""What a planned campaign changed: the plan's draw compared with the results."""

from isoloir.commands.measure.run import Measurement, measure_plan

__all__ = ["Measurement", "measure_plan"]
