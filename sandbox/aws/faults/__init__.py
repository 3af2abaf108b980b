"""Faults of the AWS endpoint: calls that are held, that fail or come late, and an outage.

The gateway asks before and after each call; the admin interface and the tests of one process switch.
"""

from sandbox.aws.faults.errors import ErrorAnswer, Reason
from sandbox.aws.faults.failures import Failure
from sandbox.aws.faults.faults import Delay, Faults
from sandbox.aws.faults.holds import Hold, HoldState, Outcome
from sandbox.aws.faults.requests import teach
from sandbox.aws.faults.selecting import Selector

__all__ = ["Delay", "ErrorAnswer", "Failure", "Faults", "Hold", "HoldState", "Outcome", "Reason", "Selector", "teach"]
