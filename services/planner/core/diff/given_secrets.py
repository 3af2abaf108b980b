"""Which secrets the rules of a stack were given, known by digest: AWS never tells a client's secret, so that a changed
one is seen by comparing with what was sent last.

What is known is a mapping. `<port>/<conditions> <reference>`: the digest of the secret that a rule of these conditions
was given. `<port>/<conditions>` or `<port>` alone, with nothing: what waited when the stack was seen first, and is
taken to have what it should have. An empty mapping: so is everything. Any other rule is known to have been given no
secret, or another Secret's. Kept by `records`.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping

from services.planner.core.aws import Action, Authentication, ClientSecret, Condition
from services.planner.core.desired import DesiredListener
from services.planner.core.diff.actions import condition_parameters

_DIGITS = 16


def has_new_secret(given: Mapping[str, str], place: str, actions: Iterable[Action]) -> bool:
    """Whether the rule of a place is known to have been given another secret than its actions have."""
    if _unseen(given, place):
        return False
    return any(given.get(_entry(place, secret)) != secret.digest for secret in _secrets(actions))


def given_after(given: Mapping[str, str], listeners: Iterable[DesiredListener]) -> dict[str, str]:
    """What is known once all rules are as desired. Of a rule that waits stays known what was."""
    known: dict[str, str] = {}
    for place, actions, waits in _places(listeners):
        if not waits:
            known |= {_entry(place, secret): secret.digest for secret in _secrets(actions)}
        elif _unseen(given, place):
            known[place] = ""
        else:
            inside = (f"{place} ", f"{place}/")
            known |= {entry: digest for entry, digest in given.items() if entry.startswith(inside)}
    return dict(sorted(known.items()))


def place_of_rule(port: int, conditions: tuple[Condition, ...]) -> str:
    """The place of a rule in what is known."""
    text = json.dumps(condition_parameters(conditions), sort_keys=True)
    return f"{port}/{hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]}"


def place_of_default(port: int) -> str:
    """The place of a listener's default actions."""
    return f"{port}/default"


def _places(listeners: Iterable[DesiredListener]) -> Iterator[tuple[str, tuple[Action, ...], bool]]:
    """Places, with what they are to do and whether that has to wait; all of a listener that is held is one."""
    for listener in listeners:
        port = listener.port
        if listener.held:
            yield str(port), (), True
            continue
        yield place_of_default(port), listener.default_actions, bool(listener.default_waits_for)
        for rule in listener.rules:
            yield place_of_rule(port, rule.conditions), rule.actions, bool(rule.waits_for)


def _unseen(given: Mapping[str, str], place: str) -> bool:
    """Whether what the place was given before is not known."""
    return not given or place in given or place.partition("/")[0] in given


def _secrets(actions: Iterable[Action]) -> Iterator[ClientSecret]:
    for action in actions:
        if isinstance(action, Authentication) and action.secret is not None:
            yield action.secret


def _entry(place: str, secret: ClientSecret) -> str:
    return f"{place} {secret.reference}"
