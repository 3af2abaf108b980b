"""The budget on a clock that the test moves."""

from collections.abc import Mapping

import pytest

from services.executor.core.buckets import ACCOUNT, DEFAULT_RATES, Rate, Rates, parse_overrides
from services.executor.core.budget import Budget, Ticket
from services.executor.core.operations import OPERATIONS, Category
from services.executor.core.steps import Lane

REGISTER = OPERATIONS["elbv2", "RegisterTargets"]
DEREGISTER = OPERATIONS["elbv2", "DeregisterTargets"]
CREATE_RULE = OPERATIONS["elbv2", "CreateRule"]
LISTENERS = OPERATIONS["elbv2", "DescribeListeners"]
SUBNETS = OPERATIONS["ec2", "DescribeSubnets"]
VPCS = OPERATIONS["ec2", "DescribeVpcs"]


def budget(*, account_wide: bool = False, scale: float = 1, **rates: Rate) -> Budget:
    overrides: Mapping[str, Rate] = {name.replace("_", "-"): rate for name, rate in rates.items()}
    return Budget(Rates(overrides=overrides, scale=scale, account_wide=account_wide))


def granted(of: Budget, now: float) -> list[Ticket]:
    return list(of.grant(now)[0])


def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    under_test = budget(elb_registration=Rate(burst=2, per_second=4))
    tickets = [under_test.ask(REGISTER, Lane.SERVE) for _ in range(4)]
    passed, again_at = under_test.grant(100.0)
    assert (list(passed), again_at) == (tickets[:2], 100.25)
    assert granted(under_test, 100.2) == []
    assert granted(under_test, 100.25) == tickets[2:3]
    passed, again_at = under_test.grant(100.5)
    assert (list(passed), again_at) == (tickets[3:], None)


def test_tokens_do_not_gather_above_the_burst() -> None:
    under_test = budget(elb_registration=Rate(burst=2, per_second=4))
    granted(under_test, 0.0)
    for _ in range(4):
        under_test.ask(REGISTER, Lane.SERVE)
    assert len(granted(under_test, 1000.0)) == 2


def test_where_a_token_is_short_the_most_urgent_lane_comes_first_then_the_oldest() -> None:
    under_test = budget(elb_registration=Rate(burst=1, per_second=1))
    asked = [
        under_test.ask(REGISTER, Lane.RESYNC),
        under_test.ask(REGISTER, Lane.SERVE),
        under_test.ask(REGISTER, Lane.SERVE),
        under_test.ask(DEREGISTER, Lane.DRAIN),
    ]
    order = [ticket for second in range(4) for ticket in granted(under_test, float(second))]
    assert order == [asked[3], asked[1], asked[2], asked[0]]


def test_a_call_in_a_free_bucket_does_not_wait_behind_one_in_an_empty_one() -> None:
    under_test = budget(elb_registration=Rate(burst=1, per_second=0.1))
    first = under_test.ask(REGISTER, Lane.DRAIN)
    under_test.ask(REGISTER, Lane.DRAIN)
    other = under_test.ask(CREATE_RULE, Lane.RESYNC)
    assert granted(under_test, 0.0) == [first, other]


def test_the_account_wide_bucket_limits_all_load_balancing_and_nothing_else() -> None:
    under_test = budget(account_wide=True, elb_account=Rate(burst=1, per_second=1))
    first = under_test.ask(REGISTER, Lane.SERVE)
    second = under_test.ask(CREATE_RULE, Lane.EDIT)
    third = under_test.ask(SUBNETS, Lane.EDIT)
    assert granted(under_test, 0.0) == [first, third]
    assert granted(under_test, 1.0) == [second]


def test_ec2_counts_reads_per_action() -> None:
    under_test = budget(ec2_read=Rate(burst=1, per_second=1))
    one, other = under_test.ask(SUBNETS, Lane.EDIT), under_test.ask(VPCS, Lane.EDIT)
    assert granted(under_test, 0.0) == [one, other]


def test_a_cancelled_call_takes_no_token() -> None:
    under_test = budget(elb_registration=Rate(burst=1, per_second=1))
    given_up, other = under_test.ask(REGISTER, Lane.DRAIN), under_test.ask(REGISTER, Lane.SERVE)
    under_test.cancel(given_up)
    assert granted(under_test, 0.0) == [other]


def test_a_throttle_empties_its_bucket_and_halves_its_rate_once_a_second() -> None:
    under_test = budget(elb_registration=Rate(burst=10, per_second=4))
    under_test.throttled(REGISTER, 0.0)
    under_test.throttled(DEREGISTER, 0.5)
    ticket = under_test.ask(REGISTER, Lane.SERVE)
    passed, again_at = under_test.grant(0.25)
    assert (list(passed), again_at) == ([], 0.5)
    assert granted(under_test, 0.5) == [ticket]
    under_test.throttled(REGISTER, 1.0)
    under_test.ask(REGISTER, Lane.SERVE)
    assert under_test.grant(1.0)[1] == 2.0


def test_the_rate_never_falls_below_a_tenth_and_successes_bring_it_back() -> None:
    under_test = budget(elb_registration=Rate(burst=1, per_second=10))
    for second in range(10):
        under_test.throttled(REGISTER, float(second))
    under_test.ask(REGISTER, Lane.SERVE)
    assert under_test.grant(9.0)[1] == pytest.approx(10.0)
    assert len(granted(under_test, 10.0)) == 1
    for _ in range(90):
        under_test.succeeded(REGISTER, 10.0)
    under_test.ask(REGISTER, Lane.SERVE)
    assert under_test.grant(10.0)[1] == pytest.approx(10.1)


def test_the_scale_multiplies_burst_and_rate_of_defaults_and_overrides() -> None:
    rates = Rates(overrides={"elb-read": Rate(burst=40, per_second=10)}, scale=2)
    assert rates.of("elb-read") == Rate(burst=80, per_second=20)
    assert rates.of("ec2-read/DescribeVpcs") == Rate(burst=200, per_second=40)


def test_every_category_has_a_rate() -> None:
    assert {category.value for category in Category} | {ACCOUNT} == set(DEFAULT_RATES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("elb-reads=1/2", "there is no bucket 'elb-reads'", id="an unknown bucket"),
        pytest.param("elb-read=40", "not of the form", id="without a rate"),
        pytest.param("elb-read=0/10", "burst is at least 1", id="a burst of nothing"),
        pytest.param("elb-read=10/0", "rate above 0", id="a rate of nothing"),
        pytest.param("elb-read=nan/1", "burst is at least 1", id="not a number"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_overrides(text)


def test_overrides_are_read() -> None:
    assert parse_overrides(" elb-read=40/10, elb-create=5/0.1 ") == {
        "elb-read": Rate(burst=40, per_second=10),
        "elb-create": Rate(burst=5, per_second=0.1),
    }


def test_reads_of_the_drift_sweep_take_their_share_and_leave_the_rest_to_others() -> None:
    under_test = Budget(
        Rates(overrides={"elb-read": Rate(burst=10, per_second=10)}, account_wide=False, sweep_share=0.2)
    )
    sweeping = [under_test.ask(LISTENERS, Lane.SWEEP) for _ in range(5)]
    assert granted(under_test, 0.0) == sweeping[:2]
    assert granted(under_test, 0.4) == []
    assert granted(under_test, 0.5) == sweeping[2:3]
    editing = [under_test.ask(LISTENERS, Lane.EDIT) for _ in range(7)]
    assert granted(under_test, 0.5) == editing


def test_the_share_of_the_sweep_is_one_of_the_account_where_that_is_narrower() -> None:
    rates = Rates(account_wide=True, sweep_share=0.1)
    *_, share = rates.buckets_of(LISTENERS, Lane.SWEEP)
    assert (share, rates.of(share)) == ("elb-account~sweep", Rate(burst=4, per_second=1))


def test_what_the_sweep_puts_right_is_not_held_to_its_share() -> None:
    rates = Rates(account_wide=False)
    assert rates.buckets_of(CREATE_RULE, Lane.SWEEP) == rates.buckets_of(CREATE_RULE, Lane.EDIT)


def test_the_share_of_an_action_of_ec2_is_its_own() -> None:
    rates = Rates(sweep_share=0.5)
    assert rates.buckets_of(VPCS, Lane.SWEEP)[1] == "ec2-read/DescribeVpcs~sweep"
    assert rates.of("ec2-read/DescribeVpcs~sweep") == Rate(burst=50, per_second=10)
