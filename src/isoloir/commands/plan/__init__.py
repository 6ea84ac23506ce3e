"""Plans of canvassing: made from a ranking, written for the field, and measured after the vote."""

from isoloir.commands.plan.run import Planned, plan_hours
from isoloir.commands.plan.write import write_plan

__all__ = ["Planned", "plan_hours", "write_plan"]
