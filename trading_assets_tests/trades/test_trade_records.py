import hashlib

import numpy as np
import pandas as pd

from trading_assets.tables import fills
from trading_assets.trades.trade_records import trade_digests, trade_ids
from trading_assets_tests.trades.stage import Stage, at


def two_trades() -> Stage:
    stage = Stage()
    for clock, call, put in (("10:00", 99, 89), ("10:01", 99, 89), ("15:15", 105, 80)):
        stage.snapshot(clock, {(21_700.0, "CE"): (call, call + 1), (21_700.0, "PE"): (put, put + 1)})
    stage.signal("10:00", "call", strategy_id="alpha")
    stage.signal("10:00", "put", strategy_id="beta", option_type="PE", side="SELL", stop_fraction=0.5)
    stage.signal("15:15", "late", strategy_id="beta")
    return stage


def test_ids_are_made_of_signal_and_source_only() -> None:
    names = [f"signal{number}" for number in range(100)]  # among them digests that begin with zeros
    expected = ["TRADE_" + hashlib.sha256(f"{name}|simulated".encode()).hexdigest()[:16] for name in names]
    assert trade_ids(trade_digests(names)).tolist() == expected
    assert sorted(expected) == trade_ids(np.sort(trade_digests(names))).tolist()
    assert trade_digests(names)[0] != trade_digests(names, "upstox")[0]
    first, second = two_trades().run(), two_trades().run()
    assert first.trades["trade_id"].tolist() == second.trades["trade_id"].tolist()


def test_a_round_trip_has_an_entry_and_an_exit_fill_on_opposite_sides() -> None:
    simulation = two_trades().run()
    found = simulation.fills.merge(simulation.trades[["trade_id", "signal_id"]], on="trade_id")
    rows = found.set_index(["signal_id", "role"])
    assert rows["side"].to_dict() == {
        ("call", "entry"): "BUY",
        ("call", "exit"): "SELL",
        ("put", "entry"): "SELL",
        ("put", "exit"): "BUY",
    }
    assert rows["price"].to_dict() == {
        ("call", "entry"): 100.0,
        ("call", "exit"): 105.0,
        ("put", "entry"): 89.0,
        ("put", "exit"): 81.0,
    }
    assert rows["basis"].to_dict() == {
        ("call", "entry"): "ask",
        ("call", "exit"): "bid",
        ("put", "entry"): "bid",
        ("put", "exit"): "ask",
    }
    assert set(rows["snapshot_id"].xs("entry", level="role")) == {"NIFTY-10:01"}
    assert set(rows["snapshot_id"].xs("exit", level="role")) == {"NIFTY-15:15"}


def test_one_trade_has_its_own_bases_and_its_worst_and_best_open_result() -> None:
    stage = Stage()
    for clock, bid in (("10:00", 99), ("10:01", 99), ("10:02", 90), ("10:03", 112), ("15:15", 105)):
        stage.snapshot(clock, {(21_700.0, "CE"): (bid, bid + 1)})
    stage.signal("10:00", "call")
    simulation = stage.run()
    assert simulation.fills["basis"].tolist() == ["ask", "bid"]
    trade = simulation.trades.iloc[0]
    assert (trade["mae"], trade["mfe"], trade["mark_count"]) == (-10.0 * 50, 12.0 * 50, 4)


def test_fill_ids_are_those_of_the_trade_with_their_role_and_in_order() -> None:
    simulation = two_trades().run()
    found = simulation.fills
    assert found["fill_id"].tolist() == [
        f"{trade}_{role}" for trade in simulation.trades["trade_id"] for role in ("entry", "exit")
    ]
    assert found["fill_id"].is_monotonic_increasing
    assert (found["fill_id"] == found["trade_id"] + "_" + found["role"]).all()
    assert found.dtypes.astype(str).to_dict() == fills.CONTRACT.dtypes


def test_a_short_trade_earns_what_the_price_falls() -> None:
    trades = two_trades().run().trades.set_index("signal_id")
    assert trades["gross_pnl"].to_dict() == {"call": 250.0, "put": 400.0}
    assert trades.loc["put", "initial_risk"] == 44.5 * 50
    assert trades.loc["put", "stop_price"] == 133.5


def test_times_are_utc_instants_of_the_snapshots() -> None:
    trade = two_trades().run().trades.iloc[0]
    assert trade["entry_time"] == at("10:01")
    assert trade["exit_time"] == at("15:15")
    assert str(trade["entry_time"].tz) == "UTC"


def test_every_signal_has_one_outcome_also_the_rejected() -> None:
    outcomes = two_trades().run().outcomes.set_index("signal_id")
    assert outcomes["outcome"].to_dict() == {"call": "taken", "late": "rejected", "put": "taken"}
    assert outcomes["reason"].dropna().to_dict() == {"late": "after_square_off"}
    assert outcomes["strategy_id"].to_dict() == {"call": "alpha", "late": "beta", "put": "beta"}
    assert outcomes["trade_id"].isna().to_dict() == {"call": False, "late": True, "put": False}
    trades = two_trades().run().trades.set_index("signal_id")["trade_id"]
    assert outcomes["trade_id"].dropna().to_dict() == trades.to_dict()


def test_missing_levels_and_scores_stay_missing() -> None:
    trades = two_trades().run().trades.set_index("signal_id")
    for name in ("stop_price", "target_price", "ml_score"):
        assert np.isnan(trades.loc["call", name])
    for name in ("model_version", "model_hash", "features_snapshot"):
        assert pd.isna(trades.loc["call", name])
