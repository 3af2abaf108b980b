"""When the Lease may be taken, and what the keeper does about it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
import urllib3
from kubernetes.client import ApiException

from services.planner.kube.election import Election, LeaseRecord, Move
from services.planner.kube.lease import LeaseKeeper, LeaseTimes, LedMeanwhileError
from services.planner.leadership import Leadership, Term

TIMES = LeaseTimes(duration=15, renew=2, give_up=10)


def lease(holder: str = "other", *, transitions: int = 3, renewed: str = "t1", version: str = "1") -> LeaseRecord:
    return LeaseRecord(
        holder=holder, transitions=transitions, renewed=renewed, duration_seconds=15, resource_version=version
    )


class TestElection:
    """The rules."""

    @pytest.mark.parametrize(
        ("record", "move"),
        [
            pytest.param(None, Move.CREATE, id="there is no Lease"),
            pytest.param(lease(""), Move.TAKE, id="it was given back"),
            pytest.param(lease("me"), Move.TAKE, id="it is that of the process before this one"),
            pytest.param(lease("other"), Move.WAIT, id="another holds it"),
        ],
    )
    def test_at_the_start(self, record: LeaseRecord | None, move: Move) -> None:
        assert Election("me").judge(record, 0) is move

    @pytest.mark.parametrize(
        ("readings", "move"),
        [
            pytest.param([(0, "t1"), (14.9, "t1")], Move.WAIT, id="not renewed, but not for its whole duration"),
            pytest.param([(0, "t1"), (15, "t1")], Move.TAKE, id="not renewed for its duration"),
            pytest.param([(0, "t1"), (10, "t2"), (24, "t2")], Move.WAIT, id="renewed in between"),
            pytest.param([(0, "t1"), (10, "t2"), (25, "t2")], Move.TAKE, id="renewed once and then no more"),
        ],
    )
    def test_another_s_lease_runs_out_by_what_was_observed(self, readings: list[tuple[float, str]], move: Move) -> None:
        election = Election("me")
        moves = [election.judge(lease(renewed=renewed), now) for now, renewed in readings]
        assert moves[-1] is move

    def test_what_was_won_is_renewed(self) -> None:
        election = Election("me")
        election.won(4)
        assert election.judge(lease("me", transitions=4), 0) is Move.RENEW

    @pytest.mark.parametrize(
        ("record", "move"),
        [
            pytest.param(lease("me", transitions=5), Move.WAIT, id="one of a planner started later under our identity"),
            pytest.param(lease("me", transitions=4), Move.TAKE, id="our own, after it could not be renewed in time"),
            pytest.param(lease("other", transitions=5), Move.WAIT, id="another's"),
        ],
    )
    def test_after_it_was_lost(self, record: LeaseRecord, move: Move) -> None:
        election = Election("me")
        election.won(4)
        election.lost()
        assert election.judge(record, 0) is move

    @pytest.mark.parametrize(
        ("won", "record", "epoch"),
        [
            pytest.param(None, None, 1, id="the first ever"),
            pytest.param(None, lease("me", transitions=3), 4, id="a restart raises it under the same identity too"),
            pytest.param(7, None, 8, id="a Lease that somebody deleted does not set it back"),
        ],
    )
    def test_the_epoch_always_rises(self, won: int | None, record: LeaseRecord | None, epoch: int) -> None:
        election = Election("me")
        if won is not None:
            election.won(won)
        assert election.next_epoch(record) == epoch


@dataclass(slots=True)
class FakeApi:
    """A Lease in memory. `fail`: raised by every call."""

    record: LeaseRecord | None = None
    fail: Exception | None = None
    interfere: Callable[["FakeApi"], None] | None = None
    writes: list[tuple[str, int, bool]] = field(default_factory=list)

    def read(self) -> LeaseRecord | None:
        if self.fail is not None:
            raise self.fail
        return self.record

    def write(self, standing: LeaseRecord | None, *, holder: str, epoch: int, taken: bool) -> LeaseRecord:
        if self.fail is not None:
            raise self.fail
        if self.interfere is not None:
            self.interfere(self)
            self.interfere = None
        if standing is not None and (self.record is None or self.record.resource_version != standing.resource_version):
            raise ApiException(status=409 if self.record is not None else 404, reason="Conflict")
        if standing is None and self.record is not None:
            raise ApiException(status=409, reason="AlreadyExists")
        version = str(int(self.record.resource_version) + 1 if self.record is not None else 1)
        self.record = lease(holder, transitions=epoch, renewed=f"t{version}", version=version)
        self.writes.append((holder, epoch, taken))
        return self.record


class Seconds:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def keeper(api: FakeApi, clock: Seconds | None = None) -> tuple[LeaseKeeper, Leadership]:
    leadership = Leadership()
    kept = LeaseKeeper(
        api,  # type: ignore[arg-type]
        leadership,
        identity="me",
        times=TIMES,
        clock=clock or Seconds(),
    )
    return kept, leadership


class TestKeeper:
    """What is done about it."""

    async def test_it_creates_renews_and_gives_back(self) -> None:
        api = FakeApi()
        kept, leadership = keeper(api)
        assert await kept.attempt() == TIMES.renew
        assert leadership.term == Term(holder="me", epoch=1)
        await kept.attempt()
        assert leadership.term == Term(holder="me", epoch=1)
        await kept.release()
        assert leadership.term is None
        assert api.writes == [("me", 1, True), ("me", 1, False), ("", 1, False)]

    async def test_a_restart_takes_over_at_once_with_a_new_epoch(self) -> None:
        api = FakeApi(lease("me", transitions=7))
        kept, leadership = keeper(api)
        await kept.attempt()
        assert leadership.term == Term(holder="me", epoch=8)

    async def test_another_leader_is_waited_for(self) -> None:
        api, clock = FakeApi(lease("other")), Seconds()
        kept, leadership = keeper(api, clock)
        await kept.attempt()
        assert leadership.term is None
        clock.now += 15
        await kept.attempt()
        assert leadership.term == Term(holder="me", epoch=4)

    @pytest.mark.parametrize(
        "taker",
        [
            pytest.param(lease("other", transitions=9, version="50"), id="another identity"),
            pytest.param(lease("me", transitions=9, version="50"), id="a planner that was started under our identity"),
        ],
    )
    async def test_whoever_has_lost_it_to_another_stops_leading(self, taker: LeaseRecord) -> None:
        api = FakeApi()
        kept, leadership = keeper(api)
        await kept.attempt()
        api.record = taker
        assert await kept.attempt() < 1
        await kept.attempt()
        assert leadership.term is None
        assert api.record == taker

    async def test_who_leads_again_after_another_led_begins_anew(self) -> None:
        api, clock = FakeApi(), Seconds()
        kept, leadership = keeper(api, clock)
        await kept.attempt()
        api.record = lease("other", transitions=2, version="50")
        await kept.attempt()
        await kept.attempt()
        clock.now += 15
        with pytest.raises(LedMeanwhileError, match="between epoch 1 and epoch 3"):
            await kept.attempt()
        assert leadership.term is None

    @pytest.mark.parametrize(
        "failure",
        [
            pytest.param(ApiException(status=403, reason="Forbidden"), id="refused"),
            pytest.param(urllib3.exceptions.ConnectTimeoutError(), id="unreachable"),
        ],
    )
    async def test_an_api_server_that_fails_ends_the_term_in_time(self, failure: Exception) -> None:
        api, clock = FakeApi(), Seconds()
        kept, leadership = keeper(api, clock)
        await kept.attempt()
        api.fail = failure
        clock.now += 9
        assert await kept.attempt() <= TIMES.renew
        assert leadership.term is not None
        assert not kept.outage.connected
        clock.now += 1
        await kept.attempt()
        assert leadership.term is None
        api.fail = None
        await kept.attempt()
        assert leadership.term == Term(holder="me", epoch=2)
        assert kept.outage.connected

    async def test_a_lease_that_somebody_writes_at_the_same_time_is_read_again(self) -> None:
        def take(api: FakeApi) -> None:
            api.record = lease("other", version="70")

        api = FakeApi(lease(""), interfere=take)
        kept, leadership = keeper(api)
        await kept.attempt()
        assert leadership.term is None
        await kept.attempt()
        assert leadership.term is None
        assert api.record == replace(lease("other"), resource_version="70")

    async def test_a_lease_that_cannot_be_given_back_runs_out(self) -> None:
        api = FakeApi()
        kept, leadership = keeper(api)
        await kept.attempt()
        api.fail = urllib3.exceptions.ConnectTimeoutError()
        await kept.release()
        assert leadership.term is None

    async def test_giving_back_leaves_another_s_lease_alone(self) -> None:
        api = FakeApi()
        kept, _ = keeper(api)
        await kept.attempt()
        api.record = lease("other", transitions=9)
        await kept.release()
        assert api.record == lease("other", transitions=9)


async def test_the_end_of_a_term_is_told() -> None:
    leadership = Leadership()
    term = Term(holder="me", epoch=1)
    held = asyncio.create_task(leadership.held())
    leadership.set(term)
    assert await held == term
    over = asyncio.create_task(leadership.ended(term))
    leadership.set(Term(holder="me", epoch=2))
    await over
