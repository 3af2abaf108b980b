"""What runs inside the sandbox's containers: an echo server that a pod's annotations make slow, faulty or graceful."""

from sandbox.kubernetes.application.answers import Identity
from sandbox.kubernetes.application.application import Application
from sandbox.kubernetes.application.options import Options, read_options
from sandbox.kubernetes.application.ports import Port, ports_of

__all__ = ["Application", "Identity", "Options", "Port", "ports_of", "read_options"]
