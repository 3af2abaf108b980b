"""The state file: how one run of `elbow up` is found by the rest of the CLI, and what it keeps for the next run.

Two runs side by side have two state files; one state file serves one run at a time.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from services.cli.errors import CliError

DEFAULT_PATH = Path(".elbow/state.json")
"""In the working directory, so that what is run for one checkout or one cluster's folder is found there again."""

_LOCK_TRIES = 10
_LOCK_WAIT_SECONDS = 0.05  # a reader that looks whether the lock is held has it for a moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceState:
    """One running service."""

    address: str
    """Where it serves, host:port; the same for as long as `elbow up` runs."""

    pid: int
    """Its process; another one after a restart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpState:
    """One run of `elbow up`, or what is left of the last one."""

    identity: str
    """The planner's name in its Lease. Kept from run to run, so that the next run takes over at once."""

    pid: int | None = None
    """The process of `elbow up`; None after it stopped."""

    cluster: str = ""
    """Name of the cluster that it works for."""

    log_dir: str = ""
    """Folder of the services' logs, one file per service."""

    trace_store_url: str = ""
    """Where traces can be asked for, empty where they cannot."""

    services: Mapping[str, ServiceState] = field(default_factory=dict)
    """`watcher`, `planner` and `executor`, as far as they serve; empty after `elbow up` stopped."""


_FORM = TypeAdapter(UpState)


def new_identity() -> str:
    """An identity that no other run has: on one host there may be several."""
    return f"elbow-up-{socket.gethostname()}-{secrets.token_hex(4)}"


class StateFile:
    """One state file, read and written whole."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock_path = self.path.with_name(self.path.name + ".lock")

    def read(self) -> UpState | None:
        """The state, None where there is no file. Raises CliError when it is not a state file."""
        try:
            return _FORM.validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CliError(f"state file {self.path} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            detail = error.errors()[0]
            place = ".".join(map(str, detail["loc"])) or "its content"
            raise CliError(f"{self.path} is no state file of elbow ({place}: {detail['msg']}); remove it") from error

    def write(self, state: UpState) -> None:
        """Writes beside the file and renames: a reader sees the old state or the new one."""
        beside = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            beside.write_bytes(_FORM.dump_json(state, indent=1) + b"\n")
            beside.replace(self.path)
        except OSError as error:
            raise CliError(f"state file {self.path} cannot be written: {error.strerror}") from error

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Makes the file this process's own. Raises CliError when another run has it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._lock_path.open("w")
        except OSError as error:
            raise CliError(f"state file {self.path} cannot be used: {error.strerror}") from error
        with lock:
            if not _locked(lock.fileno()):
                raise CliError(
                    f"elbow is already up with state file {self.path}{self._holder()}; "
                    "a second run needs another one: --state-file"
                )
            yield

    def is_held(self) -> bool:
        """Whether an `elbow up` runs with this file. Process ids are not asked: they are used again."""
        return is_locked(self._lock_path)

    def _holder(self) -> str:
        state = self.read()
        return f" (process {state.pid})" if state and state.pid else ""


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock file; False where there is none."""
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError as error:
        raise CliError(f"{path} cannot be read: {error.strerror}") from error
    return False


def _locked(descriptor: int) -> bool:
    for _ in range(_LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_WAIT_SECONDS)
        else:
            return True
    return False
