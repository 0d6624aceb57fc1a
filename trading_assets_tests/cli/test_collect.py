"""The command `collect` as a user and a service manager see it."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from trading_assets.cli.collect import line, parse_every
from trading_assets.errors import UsageError
from trading_assets.feeds.collector import Poll, slot_of
from trading_assets.feeds.live_gate import Judgement
from trading_assets.market.captures import Capture
from trading_assets.storage.landing import Landing
from trading_assets_tests.commands import trading_assets
from trading_assets_tests.feeds.upstox_answers import answer
from trading_assets_tests.feeds.upstox_server import UpstoxServer

ROOT = Path(__file__).resolve().parents[2]
SLOT = datetime.fromisoformat("2026-01-28T09:15:00+05:30")
CAPTURE = Capture("upstox", "NIFTY", SLOT.date(), SLOT, b"[]", "poll")


def started(home: Path, url: str, at: str, *arguments: str, token: str = "token") -> subprocess.Popen[str]:  # noqa: S107
    environment = {
        **os.environ,
        "TRADING_ASSETS_HOME": str(home),
        "TRADING_ASSETS_UPSTOX_TOKEN": token,
        "TRADING_ASSETS_UPSTOX_BASE_URL": url,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "trading_assets_tests.cli.collect_process", at, "collect", *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_service_manager_stops_it_gently(tmp_path: Path) -> None:
    numbers = itertools.count()  # a chain that stands still would be refused
    with (
        UpstoxServer(answers=lambda _, query: answer(query["expiry_date"], shift=0.05 * next(numbers))) as server,
        started(
            *(tmp_path, server.url, "2026-01-28T09:15:30+05:30", "--underlying", "NIFTY", "--every", "1s"),
            *("--expiries", "1", "--forever"),
        ) as process,
    ):
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert all("NIFTY landed 20 of 20 legs" in text for text in heard), heard
    assert "stopped as asked" in out
    landed = list(Landing(tmp_path / "landing").captures(date(2026, 1, 28), "upstox", "NIFTY"))
    told = [text for text in (*heard, *out.splitlines()) if " landed " in text and "NIFTY" in text]
    assert len(landed) == len(told)
    assert f"{len(landed)} snapshots landed" in out
    slots = [slot for capture in landed if (slot := slot_of(capture)) is not None]
    assert slots == sorted(set(slots))


def test_an_expired_token_is_one_paragraph(tmp_path: Path) -> None:
    with (
        UpstoxServer(lambda _number, _path: "401") as server,
        started(
            *(tmp_path, server.url, "2026-01-28T09:15:30+05:30", "--underlying", "NIFTY"),
            token="s3cret-token",  # noqa: S106 - made up
        ) as process,
    ):
        out, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert err.startswith("error: Upstox refused the access token")
    assert "TRADING_ASSETS_UPSTOX_TOKEN" in err
    assert len(err.splitlines()) == 1
    assert "s3cret-token" not in out + err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--every", "soon"), "is no cadence"),
        (("--every", "0s"), "is no cadence"),
        (("--feed", "nse-json"), "only a live feed"),
        (("--every", "1s", "--expiries", "3"), "more than the feed allows"),
        (("--underlying", "NIFTY"), "once"),
    ],
)
def test_a_wrong_call_says_what_is_wrong(arguments: tuple[str, ...], said: str) -> None:
    found = trading_assets("collect", "--underlying", "NIFTY", *arguments)
    assert found.code == 2
    assert said in found.err
    assert len(found.err.splitlines()) == 1


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("1m", 60), ("5m", 300), ("90", 90), ("1s", 1)])
def test_a_cadence_is_read(text: str, seconds: int) -> None:
    assert parse_every(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "s", "-1s", "1.5s", "1h", "0", "1 s", "999999s"])
def test_another_cadence_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="60s"):
        parse_every(text)


@pytest.mark.parametrize(
    ("poll", "said"),
    [
        (
            Poll("NIFTY", SLOT, CAPTURE, Judgement(accepted=True, legs=20, kept=19)),
            "09:15:00 NIFTY landed 19 of 20 legs",
        ),
        (
            Poll("NIFTY", SLOT, CAPTURE, Judgement(accepted=False, legs=20, kept=0, reasons=("spot_band",))),
            "09:15:00 NIFTY landed, refused by the gate: spot_band",
        ),
        (
            Poll("NIFTY", SLOT, CAPTURE, Judgement(accepted=False, legs=20, kept=0)),
            "09:15:00 NIFTY landed, refused by the gate: no leg is usable",
        ),
        (
            Poll("NIFTY", SLOT, CAPTURE, Judgement(accepted=True, legs=20, kept=20), ("2026-02-03: late",), 3),
            "09:15:00 NIFTY landed 20 of 20 legs, 3 slots missed; without 2026-02-03: late",
        ),
        (
            Poll("NIFTY", SLOT, None, None, ("2026-02-03: a", "2026-02-10: b")),
            "09:15:00 NIFTY failed: 2026-02-03: a; 2026-02-10: b",
        ),
    ],
)
def test_a_poll_is_a_line(poll: Poll, said: str) -> None:
    assert line(poll) == said
