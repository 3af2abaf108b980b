"""The switches for faults that the sandbox's servers have in common: a board of what is on, and its HTTP interface.

Each server has a board and its own kinds of faults: `sandbox.aws.faults`, `sandbox.kubernetes.apiserver.switches`.
"""

from sandbox.faults.board import Board, Fault, loop_timer, thread_timer
from sandbox.faults.desk import FaultBody, FaultDesk, Refused
from sandbox.faults.outage import Outage
from sandbox.faults.parts import is_part

__all__ = ["Board", "Fault", "FaultBody", "FaultDesk", "Outage", "Refused", "is_part", "loop_timer", "thread_timer"]
