"""`python -m services.planner`: the planner as a process."""

import sys

from services.planner.app import build
from services.planner.settings import PlannerSettings
from services.runtime.service import main

if __name__ == "__main__":
    sys.exit(main("planner", PlannerSettings, build))
