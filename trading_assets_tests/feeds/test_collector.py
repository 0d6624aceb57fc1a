from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import orjson
import pytest

from trading_assets.errors import FeedCallError, TokenError, UsageError
from trading_assets.feeds.call_pacing import StopRequested
from trading_assets.feeds.collector import (
    Collector,
    Poll,
    Seams,
    Target,
    last_slot,
    require_affordable,
    slot_of,
)
from trading_assets.feeds.live_gate import Judgement
from trading_assets.feeds.poll_times import slots
from trading_assets.feeds.upstox_calls import LIMITS
from trading_assets.market.captures import Capture
from trading_assets.market.packaged import load_market
from trading_assets_tests.feeds.fake_clock import FakeClock

SESSION = load_market().calendar.session(date(2025, 10, 21))  # Muhurat: one hour
EXPIRIES = (date(2025, 10, 28), date(2025, 11, 4))
MINUTE = timedelta(minutes=1)
NIFTY, BANK = Target("NIFTY", SESSION, EXPIRIES), Target("BANKNIFTY", SESSION, EXPIRIES[:1])
GOOD = Judgement(accepted=True, legs=2, kept=2)


class World:
    """A feed that answers after `delay` seconds, and everything that a collector did."""

    def __init__(self, start: datetime = SESSION.open - timedelta(minutes=5), delay: float = 0.4) -> None:
        self.clock = FakeClock(start)
        self.delay = delay
        self.asked: list[tuple[datetime, str, date]] = []
        self.events: list[str] = []
        self.landed: list[Capture] = []
        self.polls: list[Poll] = []
        self.fail: dict[int, Exception] = {}
        self.judgement = GOOD

    def ask(self, underlying: str, expiry: date) -> bytes:
        self.asked.append((self.clock.now(), underlying, expiry))
        self.clock.sleep(self.delay)
        if len(self.asked) in self.fail:
            raise self.fail[len(self.asked)]
        return orjson.dumps({"number": len(self.asked)})

    def judge(self, capture: Capture) -> Judgement:
        self.events.append(f"judge {capture.source}")
        return self.judgement

    def land(self, capture: Capture) -> bool:
        self.events.append(f"land {capture.source}")
        self.landed.append(capture)
        return True

    def told(self, poll: Poll) -> None:
        self.events.append(f"told {poll.slot}")
        self.polls.append(poll)

    def collector(self, every: timedelta = MINUTE, last: dict[str, datetime] | None = None) -> Collector:
        seams = Seams("upstox", self.ask, self.judge, self.land, self.told)
        return Collector(every, self.clock, seams, last or {})


def test_every_slot_of_a_session_is_polled_once_and_on_time() -> None:
    world = World()
    collector = world.collector()
    collector.run([NIFTY])
    known = list(slots(SESSION, MINUTE))
    assert [poll.slot for poll in world.polls] == known
    assert [at for at, _, _ in world.asked][::2] == known  # no drift: the answer's 0.8 s do not add up
    assert (collector.account.landed, collector.account.missed, collector.account.failed) == (60, 0, 0)
    assert world.clock.now() < SESSION.close


def test_a_poll_is_one_capture_of_all_expiries_received_when_the_last_was() -> None:
    world = World()
    world.collector().run([NIFTY])
    capture = world.landed[0]
    assert orjson.loads(capture.raw) == [{"number": 1}, {"number": 2}]
    assert [expiry for _, _, expiry in world.asked[:2]] == list(EXPIRIES)
    assert capture.received_at == SESSION.open + timedelta(seconds=0.8)
    assert (capture.feed, capture.underlying, capture.day) == ("upstox", "NIFTY", SESSION.day)
    assert slot_of(capture) == SESSION.open


def test_the_gate_judges_before_the_landing_and_the_acknowledgement_comes_after_it() -> None:
    world = World()
    world.collector(timedelta(hours=1)).run([NIFTY])
    assert [event.split()[0] for event in world.events] == ["judge", "land", "told"]


def test_what_the_gate_refuses_is_landed_and_counted() -> None:
    world = World()
    world.judgement = Judgement(accepted=False, legs=2, kept=0, reasons=("spot_band",))
    collector = world.collector()
    collector.run([NIFTY])
    assert len(world.landed) == collector.account.landed == collector.account.refused == 60


@pytest.mark.parametrize("back", [timedelta(milliseconds=300), timedelta(minutes=20)])
def test_a_clock_that_is_put_back_costs_no_poll(back: timedelta) -> None:
    world = World()
    collector = world.collector()

    def told(poll: Poll) -> None:
        world.polls.append(poll)
        if len(world.polls) == 30:
            world.clock.put_back(back)

    collector.seams = replace(collector.seams, told=told)
    collector.run([NIFTY])
    again = 21 if back > MINUTE else 0  # the slots that begin anew
    assert len(world.polls) == 60 + again
    assert world.polls[-1].slot == SESSION.close - MINUTE
    assert collector.account.missed == 0
    asked = [at for at, _, _ in world.asked][::2]
    assert sum(after - before > MINUTE for before, after in pairwise(asked)) == 0


def test_a_clock_that_jumps_ahead_says_what_was_not_polled() -> None:
    world = World()
    collector = world.collector()

    def told(poll: Poll) -> None:
        world.polls.append(poll)
        if len(world.polls) == 10:
            world.clock.put_back(-timedelta(minutes=20))

    collector.seams = replace(collector.seams, told=told)
    collector.run([NIFTY])
    assert (len(world.polls), collector.account.missed) == (41, 19)
    assert world.polls[10].missed == 19


def test_several_underlyings_share_each_slot() -> None:
    world = World()
    collector = world.collector()
    collector.run([NIFTY, BANK])
    assert collector.account.landed == 120
    for name in ("NIFTY", "BANKNIFTY"):
        assert [poll.slot for poll in world.polls if poll.underlying == name] == list(slots(SESSION, MINUTE))


def test_slow_answers_skip_slots_fairly_and_say_so() -> None:
    world = World(delay=50.0)
    collector = world.collector()
    collector.run([NIFTY, BANK])
    polled = {name: [p.slot for p in world.polls if p.underlying == name] for name in ("NIFTY", "BANKNIFTY")}
    assert abs(len(polled["NIFTY"]) - len(polled["BANKNIFTY"])) <= 3
    assert all(len(set(found)) == len(found) for found in polled.values())
    unseen = sum(60 - len(found) for found in polled.values())
    last = sum((SESSION.close - found[-1]) // MINUTE - 1 for found in polled.values())
    assert collector.account.missed == unseen - last > 0


def test_an_expiry_that_fails_is_missing_and_the_others_land() -> None:
    world = World()
    world.fail = {1: FeedCallError("no answer"), 3: FeedCallError("no answer"), 4: FeedCallError("no answer")}
    collector = world.collector()
    collector.run([NIFTY])
    assert orjson.loads(world.landed[0].raw) == [{"number": 2}]
    assert world.polls[0].failures == ("2025-10-28: no answer",)
    assert world.polls[1].capture is None
    assert (collector.account.landed, collector.account.failed) == (59, 1)
    assert len(world.polls) == 60  # a failed slot is not asked for again


def test_a_refused_token_ends_the_work() -> None:
    world = World()
    world.fail = {5: TokenError("expired")}
    with pytest.raises(TokenError):
        world.collector().run([NIFTY])
    assert len(world.landed) == 2


def test_a_start_in_the_session_polls_at_once_and_a_restart_does_not_poll_a_slot_twice() -> None:
    start = SESSION.open + timedelta(minutes=10, seconds=20)
    world = World(start)
    world.collector(last={"NIFTY": SESSION.open + timedelta(minutes=4)}).run([NIFTY])
    assert world.asked[0][0] == start
    assert world.polls[0].slot == SESSION.open + timedelta(minutes=10)
    assert world.polls[0].missed == 5
    again = World(start)
    again.collector(last={"NIFTY": SESSION.open + timedelta(minutes=10)}).run([NIFTY])
    assert again.asked[0][0] == SESSION.open + timedelta(minutes=11)
    assert again.polls[0].missed == 0


def test_a_stop_between_polls_loses_nothing() -> None:
    world = World()

    def stop_after_three(poll: Poll) -> None:
        world.told(poll)
        if len(world.polls) == 3:
            raise StopRequested

    collector = world.collector()
    collector.seams = replace(collector.seams, told=stop_after_three)
    with pytest.raises(StopRequested):
        collector.run([NIFTY])
    assert len(world.landed) == len(world.polls) == collector.account.landed == 3


def test_after_the_close_nothing_is_asked() -> None:
    world = World(SESSION.close)
    world.collector().run([NIFTY])
    assert world.asked == []


def test_the_last_slot_is_read_from_what_has_landed() -> None:
    world = World()
    world.collector().run([NIFTY])
    other = Capture("upstox", "NIFTY", SESSION.day, SESSION.open, b"{}", "chain.json")
    broken = replace(other, source="poll of yesterday")
    assert last_slot([*world.landed[:7], other, broken]) == SESSION.open + 6 * MINUTE
    assert last_slot([other, broken]) is None


@pytest.mark.parametrize(
    ("calls", "seconds", "allowed"),
    [(1, 1.0, True), (2, 1.0, False), (2, 2.0, True), (60, 60.0, True), (67, 60.0, False), (1, 0.5, False)],
)
def test_a_plan_beyond_the_rate_limits_is_refused(calls: int, seconds: float, *, allowed: bool) -> None:
    if allowed:
        require_affordable(calls, timedelta(seconds=seconds), LIMITS)
    else:
        with pytest.raises(UsageError, match="or less often"):
            require_affordable(calls, timedelta(seconds=seconds), LIMITS)
