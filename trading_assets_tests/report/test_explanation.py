"""The explanation of a trade is complete, and every false sum in it is named."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

import orjson
import pandas as pd
import pytest

from trading_assets.errors import UsageError
from trading_assets.report.arithmetic import arithmetic_checks
from trading_assets.report.explanation import explain, explanation
from trading_assets.report.numbers import MINUS, NO_BREAK_SPACE, NULL
from trading_assets.report.trade_record import TradeRecord
from trading_assets.tables import fills, market_snapshots, scored_signals, trades

FEATURES = '{"india_vix":null,"pcr":1.12,"signal_strength":0.8}'
HASH = "ab" * 32
SAW, FILLED, CLOSED = (datetime(2024, 1, 15, 4, m, 2, tzinfo=UTC) for m in (45, 46, 58))
LEG = {"underlying": "NIFTY", "expiry": pd.Timestamp("2024-01-18"), "strike": 22_000.0, "option_type": "CE"}
MODEL = {"ml_score": 0.6123, "model_version": "1.2.0", "model_hash": HASH, "features_snapshot": FEATURES}
# the worked example "NIFTY CE long intraday, Jan 2024": 2 lots of 50, 150.50 to 172.00
CHARGES = {
    "brokerage": 40.0,
    "stt": 10.75,
    "exchange_txn": 16.13,
    "ipft": 0.16,
    "sebi_fee": 0.03,
    "stamp_duty": 0.45,
    "gst": 10.14,
}


def trade_row(**changes: object) -> pd.DataFrame:
    """The worked example as a trade."""
    values = {
        "date": pd.Timestamp("2024-01-15"),
        "trade_id": "TRADE_0123456789abcdef",
        "symbol": "NIFTY 2024-01-18 22000 CE",
        "exchange": "NSE",
        **LEG,
        "strategy_name": "pcr_analysis",
        "side": "BUY",
        "entry_time": FILLED,
        "exit_time": CLOSED,
        "entry_price": 150.5,
        "exit_price": 172.0,
        "quantity": 100,
        "lots": 2,
        "lot_size": 50,
        "gross_pnl": 2_150.0,
        "charges": 77.66,
        **CHARGES,
        "charges_version": "0123456789ab",
        "charges_estimated": True,
        "net_pnl": 2_072.34,
        "is_winning_trade": True,
        "exit_reason": "target",
        "mae": -120.0,
        "mfe": 2_200.0,
        "mark_count": 12,
        "signal_id": "5" * 16,
        "signal_strength": 0.8,
        **MODEL,
        "source": "simulated",
    }
    return trades.CONTRACT.frame(pd.DataFrame([values | changes]))


def fill_rows(entry: float = 150.5, exit_: float = 172.0, quantity: int = 100) -> pd.DataFrame:
    """Two fills."""
    common = {"date": pd.Timestamp("2024-01-15"), "trade_id": "TRADE_0123456789abcdef", "source": "simulated"}
    rows = [
        {
            "fill_id": "f1",
            "time": FILLED,
            "side": "BUY",
            "role": "entry",
            "price": entry,
            "basis": "ask",
            "snapshot_id": "s2",
        },
        {
            "fill_id": "f2",
            "time": CLOSED,
            "side": "SELL",
            "role": "exit",
            "price": exit_,
            "basis": "target",
            "snapshot_id": "s3",
        },
    ]
    return fills.CONTRACT.frame(pd.DataFrame([common | row | {"quantity": quantity} for row in rows]).iloc[::-1])


def signal_row(**changes: object) -> pd.DataFrame:
    """The signal the trade came from."""
    values = {
        "date": pd.Timestamp("2024-01-15"),
        "signal_id": "5" * 16,
        "content_hash": "c" * 16,
        "strategy_id": "pcr_analysis",
        "parameter_hash": "d" * 12,
        "timestamp": SAW,
        "available_at": SAW,
        "snapshot_id": "s1",
        "symbol": "NIFTY 2024-01-18 22000 CE",
        **LEG,
        "side": "BUY",
        "leg": 1,
        "confidence": 0.8,
        "entry_price": 150.4,
        "entry_price_estimated": False,
        "market_conditions": '{"pcr":1.12,"spot":22040.5}',
        **MODEL,
        "decision_threshold": 0.4,
    }
    return scored_signals.CONTRACT.frame(pd.DataFrame([values | changes]))


def snapshot_rows() -> pd.DataFrame:
    """The leg in three snapshots, and another leg that must not be mistaken for it."""
    rows = [
        {
            "date": pd.Timestamp("2024-01-15"),
            "feed": "nse-json",
            "snapshot_id": snapshot,
            "capture_id": "e" * 64,
            "observed_at": at,
            "received_at": at,
            "available_at": at,
            "spot": 22_040.5,
            "spot_source": "feed",
            "forward": 22_051.25,
            **LEG,
            "strike": strike,
            "bid": bid,
            "ask": bid + 0.1,
            "last_price": bid,
            "lot_size": 50,
        }
        for snapshot, at, bid in (("s1", SAW, 150.3), ("s2", FILLED, 150.35), ("s3", CLOSED, 172.1))
        for strike in (21_950.0, 22_000.0)
    ]
    frame = pd.DataFrame(rows)
    frame.loc[frame["strike"] == 21_950.0, "bid"] = 999.0
    return market_snapshots.CONTRACT.frame(frame)


def record(**changes: object) -> TradeRecord:
    """The whole chain of the worked example."""
    return dataclasses.replace(
        TradeRecord(trade_row(), fill_rows(), signal_row(), snapshot_rows(), hash_verified=True), **changes
    )


def plain_text(of: TradeRecord) -> str:
    return explain(of).replace(NO_BREAK_SPACE, " ")


def test_the_worked_example_holds_in_every_sum() -> None:
    checks = arithmetic_checks(record())
    assert [check.name for check in checks] == [
        "order of time",
        "telemetry",
        "decision",
        "entry fills",
        "exit fills",
        "quantity",
        "gross P&L",
        "charges",
        "net P&L",
    ]
    assert all(check.agrees for check in checks)
    written = {check.name: check.written.replace(NO_BREAK_SPACE, " ") for check in checks}
    assert written["gross P&L"] == "(172.00 - 150.50) × 100 (exit - entry) = ₹ 2,150.00"  # noqa: RUF001
    assert written["charges"] == "40.00 + 10.75 + 16.13 + 0.16 + 0.03 + 0.45 + 10.14 = ₹ 77.66"
    assert written["net P&L"] == "₹ 2,150.00 - ₹ 77.66 = ₹ 2,072.34"


def test_a_short_trade_earns_when_the_price_falls() -> None:
    short = record(trade=trade_row(side="SELL", entry_price=172.0, exit_price=150.5), fills=fill_rows(172.0, 150.5))
    assert all(check.agrees for check in arithmetic_checks(short))
    assert "entry - exit" in plain_text(short)


DEFECTS = {
    "gross P&L": {"trade": trade_row(gross_pnl=2_150.01, net_pnl=2_072.35)},
    "charges": {"trade": trade_row(gst=10.15)},
    "net P&L": {"trade": trade_row(net_pnl=2_072.33)},
    "quantity": {"trade": trade_row(lots=3)},
    "entry fills": {"fills": fill_rows(entry=150.45)},
    "exit fills": {"fills": fill_rows(exit_=171.95)},
    "order of time": {"signal": signal_row(available_at=CLOSED)},
    "telemetry": {"signal": signal_row(model_hash="cd" * 32)},
    "decision": {"signal": signal_row(decision_threshold=0.9)},
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_named_and_no_other(name: str) -> None:
    wrong = record(**DEFECTS[name])
    assert explanation(wrong)["disagreements"] == [name]
    text = plain_text(wrong)
    assert f"DISAGREES  {name}: " in text.splitlines()[2]
    assert f"NO  {name}: " in text


def test_an_average_price_is_written_out_in_full() -> None:
    averaged = record(
        trade=trade_row(entry_price=150.475, gross_pnl=2_152.5, net_pnl=2_074.84), fills=fill_rows(entry=150.475)
    )
    assert explanation(averaged)["disagreements"] == []
    assert "(172.00 - 150.475) × 100" in plain_text(averaged)  # noqa: RUF001


def test_a_fill_without_its_quote_names_its_basis_only() -> None:
    text = plain_text(record(snapshots=market_snapshots.CONTRACT.empty()))
    assert "BUY 100 at 150.50 on the ask, simulated" in text
    assert "SELL 100 at 172.00 on the target, simulated" in text


def test_a_win_that_is_stored_as_a_loss_is_named() -> None:
    wrong = record(trade=trade_row(is_winning_trade=False))
    assert explanation(wrong)["disagreements"] == ["net P&L"]


def test_fills_of_the_wrong_quantity_are_named() -> None:
    assert explanation(record(fills=fill_rows(quantity=50)))["disagreements"] == ["entry fills", "exit fills"]


def test_a_disagreement_shows_both_numbers() -> None:
    text = plain_text(record(trade=trade_row(net_pnl=2_000.0)))
    assert "₹ 2,150.00 - ₹ 77.66 = ₹ 2,072.34, but ₹ 2,000.00 is stored" in text


def test_the_text_tells_the_whole_chain_in_order() -> None:
    text = plain_text(record())
    assert text.splitlines()[:2] == [
        "TRADE_0123456789abcdef  BUY 100 (2 lots) NIFTY 2024-01-18 22000 CE",
        "pcr_analysis: +₹ 2,072.34 net, closed by target after 12 min",
    ]
    order = ["snapshot ", "signal ", "features ", "model ", "fills ", "charges ", "P&L ", "checks "]
    places = [text.index(f"\n{name}") for name in order]
    assert places == sorted(places)
    for words in (
        "observed 2024-01-15 10:15:02 IST",
        "this leg: bid 150.30, ask 150.40",
        "spot 22040.50 (feed), forward 22051.25",
        f"SHA-256 {HASH}",
        "re-hashed and verified",
        "ml_score 0.6123, threshold 0.4000",
        "2024-01-15 10:16:02 IST  entry  BUY 100 at 150.50 on the ask of 150.45 + 0.05, simulated",
        "snapshot s2: bid 150.35, ask 150.45",
        f"while open: worst {MINUS}₹ 120.00, best +₹ 2,200.00 on 12 marks",
        "stamp duty",
    ):
        assert words in text, words
    assert "999" not in text


def test_a_missing_feature_is_a_dash() -> None:
    assert f"india_vix        {NULL}" in plain_text(record())


@pytest.mark.parametrize(
    ("verified", "said"), [(True, "re-hashed and verified"), (False, "ALTERED"), (None, "not re-hashed")]
)
def test_the_hash_is_verified_only_when_somebody_did(verified: bool | None, said: str) -> None:  # noqa: FBT001
    assert said in plain_text(record(hash_verified=verified))


def test_an_imported_trade_has_neither_signal_nor_model() -> None:
    imported = trade_row(
        ml_score=float("nan"), ml_score_reason="imported", model_version=None, model_hash=None, features_snapshot=None
    )
    text = plain_text(
        record(
            trade=imported,
            signal=scored_signals.CONTRACT.empty(),
            snapshots=market_snapshots.CONTRACT.empty(),
            fills=fills.CONTRACT.empty(),
        )
    )
    for words in ("the trade was imported", "none: imported", "none stored", "none at hand", "not at hand"):
        assert words in text
    assert "nan" not in text.lower().replace("india", "")


def test_the_values_are_plain_and_survive_json() -> None:
    told = explanation(record())
    assert orjson.loads(orjson.dumps(told)) == told
    assert told["features"] == {"india_vix": None, "pcr": 1.12, "signal_strength": 0.8}
    assert told["model"] == {
        "model_version": "1.2.0",
        "model_hash": HASH,
        "ml_score": 0.6123,
        "ml_score_reason": None,
        "decision_threshold": 0.4,
        "hash_verified": True,
    }
    assert [fill["role"] for fill in told["fills"]] == ["entry", "exit"]  # type: ignore[attr-defined]
    assert told["trade"]["entry_time"] == "2024-01-15T04:46:02+00:00"  # type: ignore[index]
    assert told["trade"]["stop_price"] is None  # type: ignore[index]


def test_rows_may_come_in_any_order() -> None:
    assert explain(record(fills=fill_rows().iloc[::-1], snapshots=snapshot_rows().iloc[::-1])) == explain(record())


@pytest.mark.parametrize("copies", [0, 2])
def test_exactly_one_trade_is_explained(copies: int) -> None:
    with pytest.raises(UsageError, match=rf"found {copies} in trades"):
        TradeRecord(
            pd.concat([trade_row()] * copies) if copies else trades.CONTRACT.empty(),
            fill_rows(),
            signal_row(),
            snapshot_rows(),
        )


def test_a_name_cannot_steer_the_terminal_or_forge_a_line() -> None:
    text = explain(record(trade=trade_row(strategy_name="x\x1b[2J\nok  net P&L: forged\u202e")))
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert not any(line.startswith("ok  net") for line in text.splitlines())
