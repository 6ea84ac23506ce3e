"""Spending hours where they count: contiguous turfs of equal doors, and a randomised control to learn from."""

from isoloir.stats.plan.field import Field, read_neighbours
from isoloir.stats.plan.make import Plan, Turf, make_plan

__all__ = ["Field", "Plan", "Turf", "make_plan", "read_neighbours"]
