"""For every rule a defect that breaks it: how to make its measure come out at a given value in a clean session."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from trading_assets.quality.volume_profile import MINUTES_A_DAY, VolumeProfile
from trading_assets.settings import QualitySettings, SpotBand
from trading_assets_tests.quality.clean_sessions import OPEN, SNAPSHOT_COUNT, Case, snapshot_rows_of

LAST = SNAPSHOT_COUNT - 1
#: The leg that single-row defects are planted in: first call (a strike of 24,500, in the money) of the far expiry.
LEG_AT = LAST * 80 + 40

Plant = Callable[[Case, float], Case]
TablePlant = Callable[[pd.DataFrame, float], pd.DataFrame]


def _last(case: Case) -> tuple[pd.DataFrame, pd.Series]:
    frame = case.frame.copy()
    return frame, snapshot_rows_of(frame, LAST)


def _set_last(column: str, value: object) -> Plant:
    def plant(case: Case, _: float) -> Case:
        frame, rows = _last(case)
        frame.loc[rows, column] = value
        return case.with_frame(frame)

    return plant


def _set_leg(column: str, value: Callable[[pd.Series, float], object]) -> Plant:
    def plant(case: Case, measure: float) -> Case:
        frame = case.frame.copy()
        frame.loc[LEG_AT, column] = value(frame.loc[LEG_AT], measure)
        return case.with_frame(frame)

    return plant


def _seconds(value: float) -> pd.Timedelta:
    return pd.Timedelta(microseconds=round(value * 1e6))


def _before_the_open(case: Case, value: float) -> Case:
    frame = case.frame.copy()
    rows = snapshot_rows_of(frame, 0)
    frame.loc[rows, ["observed_at", "received_at"]] = OPEN - _seconds(value)
    return case.with_frame(frame)


def _received(sign: int) -> Plant:
    def plant(case: Case, value: float) -> Case:
        frame, rows = _last(case)
        frame.loc[rows, "received_at"] = frame.loc[rows, "observed_at"] + sign * _seconds(value)
        return case.with_frame(frame)

    return plant


def _without_prices(case: Case, _: float) -> Case:
    frame, rows = _last(case)
    frame.loc[rows, ["last_price", "bid", "ask"]] = np.nan
    return case.with_frame(frame)


def _without_oi(side: str) -> Plant:
    def plant(case: Case, _: float) -> Case:
        frame, rows = _last(case)
        frame.loc[rows & (frame["option_type"] == side), "open_interest_lots"] = np.nan
        return case.with_frame(frame)

    return plant


def _filtered(case: Case, value: float) -> Case:
    listed = {f"snapshot-{LAST:04d}": round(20 / (1 - value / 100))}
    return replace(case, facts=replace(case.facts, listed_strikes=listed))


def _beyond_the_band(case: Case, value: float) -> Case:
    band = SpotBand(underlying="NIFTY", low=10_000.0, high=float(case.frame["spot"].max()) - value)
    return replace(case, settings=QualitySettings(spot_bands=(band,)))


def _forward_away(case: Case, value: float) -> Case:
    frame, rows = _last(case)
    frame.loc[rows, "forward"] = frame.loc[rows, "spot"] / (1 + value / 100)
    return case.with_frame(frame)


def _puts_unlisted(case: Case, value: float) -> Case:
    frame, rows = _last(case)
    near_puts = np.flatnonzero(rows & (frame["option_type"] == "PE") & (frame["expiry"] == frame["expiry"].min()))
    return case.with_frame(frame.drop(index=near_puts[: int(np.ceil(20 * value / 100))]).reset_index(drop=True))


def _jump(case: Case, value: float) -> Case:
    frame, rows = _last(case)
    before = frame.loc[snapshot_rows_of(frame, LAST - 1), "spot"].iloc[0]
    frame.loc[rows, ["spot", "forward"]] = before * (1 + value / 100)
    return case.with_frame(frame)


def _again_later(case: Case, _: float) -> Case:
    frame, rows = _last(case)
    again = frame[rows].assign(snapshot_id="again", capture_id="again")
    again["received_at"] += pd.Timedelta(seconds=30)
    again["volume_units"] += 75.0
    return case.with_frame(pd.concat([frame, again], ignore_index=True))


def _stuck(case: Case, _: float) -> Case:
    frame, rows = _last(case)
    content = ["last_price", "bid", "ask", "volume_units", "open_interest_lots"]
    frame.loc[rows, content] = frame.loc[snapshot_rows_of(frame, 3), content].to_numpy()
    return case.with_frame(frame)


def _silence(case: Case, value: float) -> Case:
    frame, rows = _last(case)
    allowed = case.settings.gap_cadences * case.facts.cadence_seconds
    before = frame.loc[snapshot_rows_of(frame, LAST - 1), "observed_at"].iloc[0]
    frame.loc[rows, ["observed_at", "received_at"]] = before + _seconds(value * allowed)
    return case.with_frame(frame)


def _nothing(case: Case, _: float) -> Case:
    return case.with_frame(case.frame.head(0))


def _on_tick(price: float) -> float:
    """The price on the tick of 0.05, so that no other rule breaks."""
    return round(price * 20) / 20


def _ask_below_intrinsic(case: Case, value: float) -> Case:
    frame, _ = _last(case)
    leg = frame.loc[LEG_AT]
    days = (leg["expiry"] - leg["date"]).days
    floor = np.exp(-0.10 * days / 365.0) * (leg["forward"] - leg["strike"])
    frame.loc[LEG_AT, ["bid", "ask"]] = [np.nan, _on_tick(floor - leg["spot"] * value / 100)]
    return case.with_frame(frame)


def _dearer_than_the_next_strike(case: Case, value: float) -> Case:
    frame, _ = _last(case)
    bid = _on_tick(frame.loc[LEG_AT, "ask"] + frame.loc[LEG_AT, "spot"] * value / 100)
    frame.loc[LEG_AT + 2, ["bid", "ask"]] = [bid, bid + 0.05]
    return case.with_frame(frame)


def _call_too_dear_for_its_put(case: Case, value: float) -> Case:
    frame, _ = _last(case)
    frame.loc[LEG_AT + 2, ["bid", "ask"]] += _on_tick(frame.loc[LEG_AT, "spot"] * value / 100 + 0.1)
    return case.with_frame(frame)


def _unusual_volume(case: Case, value: float) -> Case:
    frame, rows = _last(case)
    traded = frame.loc[rows & (frame["expiry"] == frame["expiry"].min()), "volume_units"].sum()
    at = OPEN.hour * 60 + OPEN.minute + LAST
    median, spread = np.full(MINUTES_A_DAY, np.nan), np.full(MINUTES_A_DAY, np.nan)
    median[at], spread[at] = traded - value * 1_000.0, 1_000.0
    return replace(case, facts=replace(case.facts, usual_volume={"NIFTY": VolumeProfile(median, spread)}))


def _leg_twice(case: Case, _: float) -> Case:
    return case.with_frame(pd.concat([case.frame, case.frame.loc[[LEG_AT]]], ignore_index=True))


SNAPSHOT_DEFECTS: Mapping[str, Plant] = {
    "outside_session": _before_the_open,
    "snapshot_age": _received(1),
    "clock_skew": _received(-1),
    "missing_symbol": _set_last("underlying", None),
    "missing_spot": _set_leg("spot", lambda _leg, _value: np.nan),
    "missing_timestamp": _set_last("observed_at", pd.NaT),
    "missing_chain": _without_prices,
    "missing_call_oi": _without_oi("CE"),
    "missing_put_oi": _without_oi("PE"),
    "strikes_removed": _filtered,
    "spot_band": _beyond_the_band,
    "spot_disagreement": _set_leg("spot", lambda leg, value: leg["spot"] * (1 + value / 100)),
    "spot_against_parity": _forward_away,
    "call_put_balance": _puts_unlisted,
    "spot_jump": _jump,
    "duplicate_snapshot": _again_later,
    "frozen_feed": _stuck,
    "gap": _silence,
    "no_snapshots": _nothing,
    "crossed_quote": _set_leg("bid", lambda leg, value: _on_tick(leg["ask"] * (1 + value / 100))),
    "wide_spread": _set_leg("ask", lambda leg, value: _on_tick(leg["bid"] + leg["spot"] * value / 100)),
    "below_intrinsic": _ask_below_intrinsic,
    "not_monotone": _dearer_than_the_next_strike,
    "parity_residual": _call_too_dear_for_its_put,
    "volume_anomaly": _unusual_volume,
    "priced_like_index": _set_leg(
        "last_price", lambda leg, value: _on_tick(leg["spot"] - leg["strike"] + leg["spot"] * value / 100)
    ),
    "implied_vol_range": _set_leg("implied_vol", lambda _leg, value: value),
    "negative_open_interest": _set_leg("open_interest_lots", lambda _leg, value: -value),
    "negative_volume": _set_leg("volume_units", lambda _leg, value: -value),
    "fractional_open_interest": _set_leg("open_interest_lots", lambda leg, _value: leg["open_interest_lots"] + 0.4),
    "strike_off_step": _set_leg("strike", lambda leg, value: leg["strike"] + value),
    "price_off_tick": _set_leg("last_price", lambda leg, value: leg["last_price"] + value),
    "expired_option": _set_leg("expiry", lambda _leg, _value: pd.Timestamp("2025-10-07")),
    "unknown_expiry": _set_leg("expiry", lambda _leg, _value: pd.Timestamp("2025-10-15")),
    "repeated_leg": _leg_twice,
}

#: Rules that truly break together with another one: a spot that jumps is above its own options' prices, too.
COMPANIONS: Mapping[str, set[str]] = {
    "missing_symbol": {"bound:underlying"},
    "missing_spot": {"bound:spot"},
    "missing_timestamp": {"bound:observed_at"},
    "spot_against_parity": {"below_intrinsic", "parity_residual"},
    "spot_jump": {"below_intrinsic", "parity_residual"},
    "crossed_quote": {"parity_residual"},
    "below_intrinsic": {"parity_residual", "not_monotone"},
    "not_monotone": {"parity_residual"},
    "negative_open_interest": {"bound:open_interest_lots"},
    "negative_volume": {"bound:volume_units"},
}


def _cell(column: str, value: Callable[[pd.Series, float], object]) -> TablePlant:
    def plant(frame: pd.DataFrame, measure: float) -> pd.DataFrame:
        planted = frame.copy()
        planted.loc[2, column] = value(frame.loc[2], measure)
        return planted

    return plant


def _mixed_up(frame: pd.DataFrame, _: float) -> pd.DataFrame:
    return frame.assign(confidence=0.5, entry_price=0.5)


def _failing(frame: pd.DataFrame, value: float) -> pd.DataFrame:
    success = np.arange(1_000) >= round(value * 10)
    return pd.DataFrame(
        {**frame.iloc[0].to_dict(), "called_at": OPEN + pd.to_timedelta(range(1_000), unit="s"), "success": success}
    )


def _unscored(frame: pd.DataFrame, _: float) -> pd.DataFrame:
    planted = frame.copy()
    planted.loc[2, ["ml_score", "ml_score_reason"]] = [np.nan, "no_model_for_session"]
    return planted


_SIGNAL_DEFECTS: Mapping[str, TablePlant] = {
    "signal_outside_session": _cell("timestamp", lambda _row, value: OPEN - _seconds(value)),
    "decided_before_observed": _cell("available_at", lambda row, value: row["timestamp"] - _seconds(value)),
    "signal_after_expiry": _cell("expiry", lambda row, _value: row["date"] - pd.Timedelta(days=1)),
    "confidence_is_price": _mixed_up,
}

TABLE_DEFECTS: Mapping[str, Mapping[str, TablePlant]] = {
    "signals": _SIGNAL_DEFECTS,
    "scored_signals": {
        **_SIGNAL_DEFECTS,
        "score_or_reason": _cell("ml_score_reason", lambda _row, _value: "no model"),
        "score_without_trace": _cell("model_version", lambda _row, _value: None),
        "score_missing": _unscored,
        "model_hash_length": _cell("model_hash", lambda row, _value: row["model_hash"][1:]),
    },
    "trades": {
        "trade_net_pnl": _cell("net_pnl", lambda row, _value: row["net_pnl"] + 0.01),
        "trade_charges": _cell("stt", lambda row, _value: row["stt"] - 0.01),
        "trade_gross_pnl": _cell("exit_price", lambda row, value: row["exit_price"] + value / 100),
        "exit_before_entry": _cell("entry_time", lambda row, value: row["exit_time"] + _seconds(value)),
        "trade_outside_session": _cell(
            "exit_time", lambda _row, value: OPEN + pd.Timedelta(hours=6.25) + _seconds(value)
        ),
        "trade_entry_price": _cell("entry_price", lambda _row, _value: 0.0),
        "trade_quantity": _cell("lots", lambda _row, _value: 1),
        "trade_winning_flag": _cell("is_winning_trade", lambda _row, _value: False),
    },
    "daily_performance": {
        "day_counts": _cell("losing_trades", lambda row, _value: row["total_trades"]),
        "day_win_rate": _cell("win_rate", lambda _row, _value: 0.51),
        "day_net_pnl": _cell("gross_pnl", lambda row, _value: row["gross_pnl"] + 0.01),
        "day_charges": _cell("gst", lambda _row, _value: 0.01),
        "day_wins_and_losses": _cell("sum_wins", lambda row, _value: row["sum_wins"] + 0.01),
        "day_undefined_reasons": _cell("profit_factor", lambda _row, _value: np.nan),
    },
    "strategy_performance": {
        "strategy_counts": _cell("losing_trades", lambda row, _value: row["trades_taken"]),
        "strategy_funnel": _cell("signals_scored", lambda row, _value: row["signals_generated"] + 1),
        "strategy_win_rate": _cell("win_rate", lambda _row, _value: 0.51),
        "strategy_total_pnl": _cell("total_pnl", lambda row, _value: row["total_pnl"] + 0.01),
        "strategy_undefined_reasons": _cell("avg_pnl", lambda _row, _value: np.nan),
    },
    "feed_calls": {"response_time": _cell("duration_ms", lambda _row, value: value), "failure_rate": _failing},
}
