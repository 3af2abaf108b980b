"""Rules that can do nothing are left out (ingress behaviour, section 12): redirects to themselves, and what stands
behind a redirect of everything that it would take.
"""

import json
from collections.abc import Iterable, Sequence

from services.planner.core.annotations.shapes import ListenerProtocol
from services.planner.core.aws import Action, Condition, Redirect

Actions = tuple[Action, ...]
Conditions = tuple[Condition, ...]


def redirects_to_itself(conditions: Conditions, actions: Actions, port: int, protocol: ListenerProtocol) -> bool:
    """Whether a rule of a listener on that port answers with the address that was asked for."""
    redirect = _redirect(actions)
    if redirect is None or _regexes(conditions, "path-pattern"):
        return False
    to = redirect.plain
    return (
        to.host in (None, *_values(conditions, "host-header"))
        and to.path in (None, *_values(conditions, "path-pattern"))
        and to.port in (None, str(port))
        and to.protocol in (None, protocol.value)
        and to.query is None
    )


def redirects(actions: Actions) -> bool:
    """Whether the actions end in a redirect."""
    return _redirect(actions) is not None


def is_shadowed(conditions: Conditions, redirected: Iterable[Conditions]) -> bool:
    """Whether an earlier rule, one that redirects, takes all that these conditions let through."""
    return any(_takes_all(taken, conditions) for taken in redirected)


def _redirect(actions: Actions) -> Redirect | None:
    return next((action for action in actions if isinstance(action, Redirect)), None)


def _takes_all(conditions: Conditions, of: Conditions) -> bool:
    """Hosts are compared by their plain values only: one that is given by a regular expression counts as any."""
    if any(c.field not in ("host-header", "path-pattern") for c in conditions):
        return False
    hosts, wanted_hosts = _values(conditions, "host-header"), _values(of, "host-header")
    paths, wanted_paths = _all_values(conditions, "path-pattern"), _all_values(of, "path-pattern")
    return _covers(hosts, wanted_hosts) and ("/*" in paths or _covers(paths, wanted_paths))


def _covers(taken: Sequence[str], wanted: Sequence[str]) -> bool:
    return not taken or (bool(wanted) and set(wanted) <= set(taken))


def _values(conditions: Conditions, field: str) -> tuple[str, ...]:
    return next((c.values for c in conditions if c.field == field), ())


def _regexes(conditions: Conditions, field: str) -> tuple[str, ...]:
    texts = (c.json for c in conditions if c.field == field and c.json)
    return tuple(regex for text in texts for regex in json.loads(text).get("RegexValues", ()))


def _all_values(conditions: Conditions, field: str) -> tuple[str, ...]:
    return (*_values(conditions, field), *_regexes(conditions, field))
