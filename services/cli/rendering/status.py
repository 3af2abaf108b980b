"""Where a planner stands, for people: the services, the view, the queue, the stacks."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from elbow.plan.v1 import plan_pb2
from elbow.planner.v1 import planner_service_pb2 as wire
from rich.text import Text

from services.cli.planner_client import Report
from services.cli.rendering.columns import aligned
from services.cli.rendering.console import BAD, GOOD, QUIET, SERVICE_STYLES, WAITING
from services.cli.state import UpState

_STATE_STYLES = {
    "ready": GOOD,
    "working": WAITING,
    "waiting": WAITING,
    "deleting": WAITING,
    "held": WAITING,
    "observing": WAITING,
    "errored": BAD,
}
_KIND_STYLES = {"syncing": WAITING, "missing": WAITING, "refused": BAD, "lost": BAD}
_TARGET_STYLES = {"healthy": GOOD, "unhealthy": BAD, "initial": WAITING, "registering": WAITING, "draining": WAITING}
_WHAT_KIND_STATES_MEAN = {
    "syncing": "being read",
    "missing": "not served by this cluster",
    "refused": "refused to the watcher",
    "lost": "cannot be read at present; what was seen last stands",
}


def status_lines(report: Report, state: UpState | None) -> Iterator[Text]:
    """The whole answer of `elbow status`."""
    status = report.status
    yield from _section("services", _services(status, state))
    yield from _section("view", _kinds(status.kinds))
    yield from _section("work", aligned(list(_work(status)), indent=2))
    if report.stacks:
        yield Text("stacks", style="bold")
        for stack in report.stacks:
            yield from _stack(stack)
    else:
        yield from _section("stacks", [Text("  none", style=QUIET)])


def links_stand(status: wire.GetStatusResponse) -> bool:
    """Whether the planner is connected to both other services."""
    return status.watcher.connected and status.executor.connected


def not_in_sync(status: wire.GetStatusResponse) -> Sequence[str]:
    """What keeps the view from being in sync, one phrase each."""
    links = (("watcher", status.watcher), ("executor", status.executor))
    phrases = [f"{name} {_why_down(link)}" for name, link in links if not link.connected]
    if status.watcher.connected:
        lost = [kind for kind in status.kinds if kind.state == "lost"]
        phrases += [f"{', '.join(names)}: lost ({said})" for (_, said), names in _alike(lost).items()]
        if unread := [kind.kind for kind in status.kinds if kind.state == "syncing"]:
            phrases.append(f"being read: {', '.join(unread)}")
    return phrases or ["the planner does not say what it waits for"]


def what_is_left(report: Report) -> Sequence[str]:
    """What keeps everything from being settled, one phrase each."""
    status = report.status
    counts = (
        (status.queued, "queued"),
        (status.running, "in work"),
        (status.waiting, "waiting for a time or for another try"),
    )
    phrases = [] if status.in_sync else list(not_in_sync(status))
    phrases += [f"{number} {what}" for number, what in counts if number]
    if status.moving_targets:
        phrases.append(f"{_count(status.moving_targets, 'target')} registering or draining")
    for stack in report.stacks:
        if stack.state != "ready":
            phrases.append(f"{stack.key.name} is {stack.state}{_because(stack)}")
    return phrases or ["changes that were seen are not worked off"]


def key_text(key: plan_pb2.Key) -> str:
    """A key as users write it."""
    return key.name or plan_pb2.KeyKind.Name(key.kind).removeprefix("KEY_KIND_").lower()


def _section(title: str, lines: Sequence[Text]) -> Iterator[Text]:
    yield Text(title, style="bold")
    yield from lines
    yield Text("")


def _services(status: wire.GetStatusResponse, state: UpState | None) -> Sequence[Text]:
    leads = f"leader, epoch {status.epoch}" if status.leader else "not the leader"
    running = state.services if state else {}

    def row(name: str, condition: Text, address: str, detail: str) -> list[Text]:
        process = f"process {running[name].pid}" if name in running else ""
        facts = ", ".join(fact for fact in (process, detail) if fact)
        return [Text(name, style=SERVICE_STYLES[name]), condition, Text(address), Text(facts, style=QUIET)]

    planner = running["planner"].address if "planner" in running else "-"
    rows = [row("planner", Text("answers", style=GOOD), planner, f"{leads}, {status.identity}")]
    for name, link in (("watcher", status.watcher), ("executor", status.executor)):
        condition = Text("connected", style=GOOD) if link.connected else Text("not connected", style=BAD)
        rows.append(row(name, condition, link.address, link.error))
    return aligned(rows, indent=2)


def _kinds(kinds: Sequence[wire.KindStatus]) -> Sequence[Text]:
    synced = [kind for kind in kinds if kind.state == "synced"]
    objects = sum(kind.objects for kind in synced)
    lines = [Text(f"  {_count(len(synced), 'kind')} in sync, {_count(objects, 'object')}")]
    for (state, said), names in _alike([kind for kind in kinds if kind.state != "synced"]).items():
        lines.append(Text.assemble("  ", (state, _KIND_STYLES.get(state, "")), f": {', '.join(names)}"))
        lines.append(Text(f"    {said}", style=QUIET))
    return lines


def _alike(kinds: Sequence[wire.KindStatus]) -> Mapping[tuple[str, str], Sequence[str]]:
    """Names of kinds by what there is to say about them: one cause often meets all."""
    found: dict[tuple[str, str], list[str]] = {}
    for kind in kinds:
        said = kind.message or _WHAT_KIND_STATES_MEAN.get(kind.state, "")
        found.setdefault((kind.state, said), []).append(kind.kind)
    return found


def _work(status: wire.GetStatusResponse) -> Iterator[list[Text]]:
    queue = f"{status.queued} queued, {status.running} in work, {status.waiting} waiting"
    yield [Text("queue"), Text(queue)]
    yield [Text("targets"), Text(f"{status.moving_targets} registering or draining")]
    filled = Text("filled", style=GOOD) if status.inventory_filled else Text("being filled", style=WAITING)
    yield [Text("inventory"), filled]
    settled = Text("yes", style=GOOD) if status.settled else Text("not yet", style=WAITING)
    yield [Text("settled"), settled]


def _stack(stack: wire.StackStatus) -> Iterator[Text]:
    state = Text(stack.state, style=_STATE_STYLES.get(stack.state, ""))
    yield Text.assemble("  ", (key_text(stack.key), "bold"), "  ", state)
    facts = [
        ("host name", Text(stack.hostname)),
        ("targets", _targets(stack.targets)),
        ("last plan", Text(stack.last_plan)),
        ("waits for", Text(stack.waits_for, style=WAITING)),
        ("error", Text(stack.error, style=BAD)),
    ]
    rows = [[Text(name, style=QUIET), value] for name, value in facts if value.plain]
    yield from aligned(rows, indent=4)


def _targets(counts: Sequence[wire.TargetCounts]) -> Text:
    """All states over all groups; each group by itself where there are several."""
    if len(counts) <= 1:
        return _states(Counter(dict(counts[0].states)) if counts else Counter())
    parts = [Text.assemble(f"{count.target_group}: ", _states(Counter(dict(count.states)))) for count in counts]
    return Text("; ").join(parts)


def _states(states: Counter[str]) -> Text:
    present = sorted((name, number) for name, number in states.items() if number)
    if not present:
        return Text("none", style=QUIET)
    return Text(", ").join(Text(f"{number} {name}", style=_TARGET_STYLES.get(name, "")) for name, number in present)


def _why_down(link: wire.LinkStatus) -> str:
    return f"is not connected: {link.error}" if link.error else "is not connected"


def _because(stack: wire.StackStatus) -> str:
    reason = stack.error or stack.waits_for
    return f": {reason}" if reason else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
