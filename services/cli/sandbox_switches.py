"""The switches of a sandbox that is up, over HTTP: its AWS endpoint's and its cluster's. Used by `elbow sandbox`."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.cli.errors import CliError
from services.cli.sandbox_process import SandboxFolder

AWS, CLUSTER = "aws", "kubernetes"
_ADDRESSES = {AWS: "aws_url", CLUSTER: "kubernetes_admin_url"}
"""Where sandbox.json has the address of each side."""
_SECONDS = 30.0
# The sandbox is on this machine; a proxy set for AWS or for downloads is not for it.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One fault that is on."""

    id: str
    """`aws/3`: the side and its number there."""
    kind: str
    seconds_left: float | None
    about: Mapping[str, Any]


class SandboxSwitches:
    """The switches of one sandbox. Every method raises CliError with the sandbox's own reason when it refuses."""

    def __init__(self, directory: Path) -> None:
        """`directory`: where the sandbox's files are. Raises CliError when none is up there."""
        folder = SandboxFolder(path=directory.absolute())
        if not folder.is_up():
            raise CliError(f"no sandbox is up in {folder.path}; start it with: elbow sandbox up --dir {folder.path}")
        try:
            self._state: Mapping[str, Any] = json.loads(folder.state.read_text())
        except (OSError, ValueError) as error:
            raise CliError(f"{folder.state} cannot be read: {error}") from error

    def switch_on(self, side: str, kind: str, **wanted: Any) -> str | None:
        """The id of the fault; None when it was done at once and leaves nothing behind."""
        said = {name: value for name, value in wanted.items() if value is not None}
        number = self.ask(side, "POST", "faults", {"kind": kind, **said})["id"]
        return None if number is None else f"{side}/{number}"

    def switch_off(self, fault: str) -> None:
        side, _, number = fault.partition("/")
        if side not in _ADDRESSES or not number.isdigit():
            raise CliError(f"a fault is named like {AWS}/3, not {fault!r}; `elbow sandbox fault list` shows them")
        self.ask(side, "DELETE", f"faults/{number}")

    def listed(self) -> Sequence[Listed]:
        """All faults that are on, and what else is not as in a new sandbox: held health and request limits."""
        found = [_listed(side, each) for side in _ADDRESSES for each in self.ask(side, "GET", "faults")]
        for held in self.ask(AWS, "GET", "health"):
            about = {name: held[name] for name in ("state", "target_group_arn") if held[name]}
            found.append(Listed(id="-", kind="health", seconds_left=None, about=about))
        if self.ask(AWS, "GET", "throttling")["on"]:
            found.append(Listed(id="-", kind="throttling", seconds_left=None, about={"limits": "those of AWS"}))
        return found

    def reset(self) -> int:
        """Switches everything off; how many faults there were."""
        number = len(self.listed())
        for side in _ADDRESSES:
            self.ask(side, "DELETE", "faults")
        self.ask(AWS, "DELETE", "health")
        self.limit_requests(on=False)
        return number

    def limit_requests(self, *, on: bool) -> None:
        """Whether AWS's own request limits hold."""
        self.ask(AWS, "PUT", "throttling", {"on": on})

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Any:
        """An AWS operation, called by the sandbox itself; its answer."""
        return self.ask(AWS, "POST", "call", {"service": service, "operation": operation, "parameters": parameters})

    def ask(self, side: str, method: str, path: str, body: Any = None) -> Any:
        """One request to the switches of a side."""
        address = self._state.get(_ADDRESSES[side])
        if not isinstance(address, str):
            raise CliError(
                f"this sandbox was started by another version: it does not say where its {side} switches are"
            )
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the sandbox's own address
            f"{address}/__sandbox/{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with _OPENER.open(request, timeout=_SECONDS) as response:
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            with error:
                raise CliError(_reason(error.read())) from error
        except OSError as error:
            raise CliError(f"the sandbox does not answer at {address}: {error}") from error


def _listed(side: str, said: Mapping[str, Any]) -> Listed:
    head = ("id", "kind", "seconds_left")
    about = {name: value for name, value in said.items() if name not in head}
    return Listed(id=f"{side}/{said['id']}", kind=said["kind"], seconds_left=said["seconds_left"], about=about)


def _reason(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500] or "the sandbox refuses without a reason"
