"""When the reference controller counts as running, and what follows from what its Lease says or refuses to say."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from kubernetes import client

from services.planner.caution import Caution, Mode
from services.planner.kube.reference import LONG_AGO_SECONDS, ForeignLease, ReferenceLease, ReferenceWatch, Renewal

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
RUNS = "the reference controller runs: its Lease kube-system/leader is being renewed"


def lease(seconds: float = 0.0, *, holder: str = "pod-a") -> ForeignLease:
    """A Lease of 15 s that was renewed so many seconds after noon."""
    return ForeignLease(holder=holder, renewed=NOON + timedelta(seconds=seconds), duration_seconds=15.0)


@pytest.mark.parametrize(
    ("readings", "renewed"),
    [
        pytest.param([(0, None)], [False], id="no Lease: nobody renews it"),
        pytest.param([(0, lease(holder=""))], [False], id="given back: nobody renews it"),
        pytest.param([(0, lease()), (14, lease()), (15, lease())], [True, True, False], id="it runs out while watched"),
        pytest.param([(0, lease()), (14, lease(12)), (28, lease(26))], [True, True, True], id="it moves on"),
        pytest.param(
            [(0, lease()), (20, lease()), (22, lease(22))], [True, False, True], id="it is renewed again after a while"
        ),
        pytest.param([(0, lease()), (20, lease(holder="pod-b"))], [True, True], id="another holder takes it"),
        pytest.param([(0, lease(-LONG_AGO_SECONDS - 16))], [False], id="left behind long ago: it is not waited for"),
        pytest.param([(0, lease(-LONG_AGO_SECONDS))], [True], id="not old beyond doubt: it is watched"),
        pytest.param(
            [(0, lease(-LONG_AGO_SECONDS - 16)), (5, lease(-LONG_AGO_SECONDS - 11))],
            [False, True],
            id="a controller whose clock is far behind is found by its renewing",
        ),
    ],
)
def test_a_lease_is_being_renewed_while_its_renew_time_moves_on(
    readings: list[tuple[float, ForeignLease | None]], renewed: list[bool]
) -> None:
    renewal = Renewal()
    assert [renewal.judge(read, now=now, wall=NOON) for now, read in readings] == renewed


class Read(ReferenceLease):
    """Answers what it was told to, in order."""

    def __init__(self, *answers: ForeignLease | Exception | None) -> None:
        super().__init__(client.ApiClient(), namespace="kube-system", name="leader")
        self._answers: Iterator[ForeignLease | Exception | None] = iter(answers)

    def read(self) -> ForeignLease | None:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def now(seconds: float) -> ForeignLease:
    return ForeignLease(holder="pod-a", renewed=datetime.now(UTC) + timedelta(seconds=seconds), duration_seconds=15.0)


REFUSED = client.ApiException(status=403, reason="Forbidden")
DOWN = urllib3.exceptions.HTTPError("down")


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        pytest.param([None], "", id="without the Lease plans are executed"),
        pytest.param([now(0)], RUNS, id="with it they are not"),
        pytest.param([now(0), None], "", id="it goes: they are executed without a restart"),
        pytest.param([None, now(0)], RUNS, id="it comes: they are not any more"),
        pytest.param([now(0), DOWN], RUNS, id="an outage leaves what was known"),
        pytest.param([None, DOWN], "", id="an outage does not stop what was executed"),
        pytest.param([DOWN], "it is not known yet whether the reference controller runs", id="nothing is known yet"),
        pytest.param(
            [REFUSED],
            "the reference controller's Lease kube-system/leader may not be read (403 Forbidden): grant get on it, or "
            "give --ignore-reference-controller",
            id="refused: nobody can say that it does not run",
        ),
    ],
)
async def test_what_the_lease_says_decides_whether_plans_are_executed(
    answers: list[ForeignLease | Exception | None], reason: str
) -> None:
    caution = Caution(heeds_reference=True)
    watch = ReferenceWatch(Read(*answers), caution, every_seconds=2.0, clock=lambda: 0.0)
    for _ in answers:
        await watch.look()
    assert caution.reason == reason


def test_who_listens_is_told_of_changes_only() -> None:
    heard: list[str] = []
    caution = Caution(heeds_reference=True)
    caution.listen(lambda: heard.append(caution.reason))
    for reason in ("it runs", "it runs", "", ""):
        caution.hear(reason)
    assert heard == ["it runs", ""]


def test_observing_by_mode_does_not_end_with_the_reference_controller() -> None:
    caution = Caution(mode=Mode.OBSERVE)
    caution.hear("it runs")
    caution.hear("")
    assert (caution.reason, caution.decided) == ("--mode=observe", True)
