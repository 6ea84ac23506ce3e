"""Forecast an election station by station, from the rounds before it, a national scenario and who stands where.

What the past announces (`announce`) is corrected by what earlier elections taught (`learn`), and its intervals are as
wide as it was wrong about those (`intervals`). `predict` is the way in.
"""

from isoloir.stats.forecast.prediction import Forecast, Target, predict
from isoloir.stats.forecast.scenario import Scenario, read_scenario
from isoloir.stats.forecast.standing import Standing, everywhere, stood

__all__ = ["Forecast", "Scenario", "Standing", "Target", "everywhere", "predict", "read_scenario", "stood"]
