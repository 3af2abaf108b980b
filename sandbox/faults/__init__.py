"""The switches for faults that the sandbox's servers have in common: a board of what is on, and its HTTP interface.

Each server has a board and its own kinds of faults: `sandbox.aws.faults`, `sandbox.kubernetes.apiserver.switches`.
"""

from sandbox.faults.board import Board, Fault, loop_timer, thread_timer
from sandbox.faults.desk import FaultBody, FaultDesk, Refused

__all__ = ["Board", "Fault", "FaultBody", "FaultDesk", "Refused", "loop_timer", "thread_timer"]
