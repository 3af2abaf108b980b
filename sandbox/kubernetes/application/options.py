"""How a pod's annotations want its containers to behave. Pure; read again whenever the annotations change."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from sandbox.kubernetes.application.ports import Port, parse_port

PREFIX = "sandbox.elbow/"


class OnSigterm(StrEnum):
    """What the process does when it is asked to end."""

    EXIT = "exit"
    """Ends at once, and what is in flight is cut: a program that does not handle the signal."""
    FINISH = "finish"
    """Accepts nothing new, answers what is in flight, and ends."""
    SERVE = "serve"
    """Goes on as if nothing had been said, until it is killed: process 1 of a container without a handler."""


class Answer(StrEnum):
    """What a request gets where it is not an HTTP status."""

    OK = "ok"
    HANG = "hang"
    """Nothing, and the connection stays open."""
    RESET = "reset"
    """The connection is reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with the answers, and which of them."""

    latency_seconds: float = 0.0
    """Sandbox seconds that pass before an answer."""
    answer: Answer | int = Answer.OK
    """A way to fail, or the status to answer with."""
    paths: tuple[str, ...] = ("*",)
    """Patterns of the request paths that are concerned."""
    share: float = 1.0
    """Which part of those requests, from 0 to 1."""

    def concerns(self, path: str, chance: float) -> bool:
        """Whether a request is concerned; `chance` is a number from 0 up to 1 drawn for it."""
        return chance < self.share and any(fnmatchcase(path, pattern) for pattern in self.paths)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All that can be chosen for the containers of one pod."""

    ports: frozenset[Port] = frozenset()
    """Ports to listen on besides those that the pod's containers, its probes and its Services name."""
    tls_ports: frozenset[int] = frozenset()
    """Ports on which TLS is spoken, with a self-signed certificate."""
    start_seconds: float = 0.0
    """Sandbox seconds from the start of a container until it listens."""
    on_sigterm: OnSigterm = OnSigterm.EXIT
    keep_alive_seconds: float = 75.0
    """Sandbox seconds after which an idle connection is closed. It takes effect when a container starts."""
    crash_after_seconds: float | None = None
    """A container exits with code 1 when it has run for this many sandbox seconds."""
    fault: Fault = field(default_factory=Fault)


class _Bad(Exception):  # noqa: N818
    """What a value should have been."""


def read_options(annotations: Mapping[str, str]) -> tuple[Options, list[str]]:
    """The options, and a sentence about each annotation that is not understood and so counts as absent."""
    options, problems = Options(), []
    for name, text in sorted(annotations.items()):
        if not name.startswith(PREFIX):
            continue
        read = _READERS.get(name.removeprefix(PREFIX))
        if read is None:
            problems.append(f"{name} is not an annotation that the sandbox knows")
            continue
        try:
            options = read(options, text.strip())
        except _Bad as expected:
            problems.append(f"{name} is {text!r}, which is not {expected}")
    return options, problems


def _ports(options: Options, text: str) -> Options:
    found = [parse_port(one) for one in _words(text)]
    if None in found or not found:
        raise _Bad("a list of ports such as 9000,9001/udp")
    return replace(options, ports=frozenset(one for one in found if one is not None))


def _tls_ports(options: Options, text: str) -> Options:
    found = [parse_port(one) for one in _words(text)]
    numbers = frozenset(one.number for one in found if one is not None and one.protocol == "TCP")
    if len(numbers) != len(set(_words(text))) or not numbers:
        raise _Bad("a list of ports such as 443,8443")
    tls = frozenset(Port(number=number) for number in numbers)
    return replace(options, tls_ports=numbers, ports=options.ports | tls)


def _on_sigterm(options: Options, text: str) -> Options:
    if text not in set(OnSigterm):
        raise _Bad("exit, finish or serve")
    return replace(options, on_sigterm=OnSigterm(text))


def _answer(text: str) -> Answer | int:
    if re.fullmatch(r"[2-5]\d\d", text):
        return int(text)
    if text not in set(Answer):
        raise _Bad("ok, hang, reset or an HTTP status from 200 to 599")
    return Answer(text)


def _paths(text: str) -> tuple[str, ...]:
    found = tuple(_words(text))
    if not found or any(not one.startswith(("/", "*")) for one in found):
        raise _Bad("a list of paths such as /api/*,/health")
    return found


def _share(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?%", text) or float(text[:-1]) > 100:
        raise _Bad("a share such as 10%")
    return float(text[:-1]) / 100


def _seconds(text: str) -> float:
    if not re.fullmatch(r"\d+(\.\d+)?", text):
        raise _Bad("a number of seconds such as 1.5")
    return float(text)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\s,]+", text) if word]


_Reader = Callable[[Options, str], Options]


def _plain(name: str, parse: Callable[[str], Any]) -> _Reader:
    return lambda options, text: replace(options, **{name: parse(text)})


def _of_fault(name: str, parse: Callable[[str], Any]) -> _Reader:
    return lambda options, text: replace(options, fault=replace(options.fault, **{name: parse(text)}))


_READERS: Mapping[str, _Reader] = {
    "answer": _of_fault("answer", _answer),
    "answer-paths": _of_fault("paths", _paths),
    "answer-share": _of_fault("share", _share),
    "crash-after-seconds": _plain("crash_after_seconds", _seconds),
    "kill": lambda options, _: options,
    "keep-alive-seconds": _plain("keep_alive_seconds", _seconds),
    "latency-seconds": _of_fault("latency_seconds", _seconds),
    "on-sigterm": _on_sigterm,
    "ports": _ports,
    "start-seconds": _plain("start_seconds", _seconds),
    "tls-ports": _tls_ports,
}
"""By annotation, in the order of reading: `ports` comes before `tls-ports`, which adds to it. `kill` is no option:
its value is new each time, and the kubelet kills the containers then."""
