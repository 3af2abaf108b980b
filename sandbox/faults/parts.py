"""Who is a part of the sandbox and so meets no fault, outages apart: a fault is for whoever uses the sandbox."""

PREFIX = "sandbox-"
"""How the access key ids and the Kubernetes User-Agents of its parts begin; its users' key id is `sandbox`."""


def is_part(name: str) -> bool:
    """Whether a caller with this access key id or User-Agent is one."""
    return name.startswith(PREFIX)
