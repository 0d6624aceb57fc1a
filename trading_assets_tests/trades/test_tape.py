import numpy as np
import pandas as pd

from trading_assets.trades.tape import build_tape, contract_keys, micros
from trading_assets_tests.trades.stage import Stage, at

CALL, PUT = (21_700.0, "CE"), (21_700.0, "PE")


def wanted(*contracts: tuple[float, str]) -> np.ndarray:
    frame = pd.DataFrame(contracts, columns=["strike", "option_type"])
    return contract_keys(frame.assign(expiry=pd.Timestamp("2024-02-08").as_unit("s")))


def staged() -> Stage:
    stage = Stage()
    stage.snapshot("10:00", {CALL: (99.05, 100.1), PUT: (89, 90)}, spot=21_701.5)
    stage.snapshot("10:01", {CALL: (98, None)})
    stage.snapshot("10:02", {PUT: (88, 87), CALL: (0, 5)})
    return stage


def test_quotes_are_whole_paise_by_contract_and_snapshot() -> None:
    tape = build_tape(staged().snapshots(), wanted(CALL))
    np.testing.assert_array_equal(tape.bid, [[9_905, 9_800, 0]])
    np.testing.assert_array_equal(tape.ask, [[10_010, np.nan, 500]])
    np.testing.assert_array_equal(tape.lot_size, [[50, 50, 50]])
    assert tape.spot.tolist() == [21_701.5, 21_700.0, 21_700.0]
    assert tape.snapshot_id.tolist() == ["NIFTY-10:00", "NIFTY-10:01", "NIFTY-10:02"]
    np.testing.assert_array_equal(tape.observed, micros(pd.Series([at("10:00"), at("10:01"), at("10:02")])))


def test_marks_leave_out_zero_and_crossed_quotes() -> None:
    bids, asks = build_tape(staged().snapshots(), wanted(CALL, PUT)).marks(60_000_000)
    np.testing.assert_array_equal(bids, [[9_905, 9_800, np.nan], [8_900, np.nan, np.nan]])
    np.testing.assert_array_equal(asks, [[10_010, np.nan, 500], [9_000, np.nan, np.nan]])


def test_a_contract_nobody_quotes_has_an_empty_row_of_its_own() -> None:
    tape = build_tape(staged().snapshots(), wanted((9_999.0, "PE"), CALL))
    assert tape.bid.shape == (2, 3)
    assert np.isnan(tape.bid[0]).all()
    assert tape.lot_size[0].tolist() == [0, 0, 0]


def test_the_order_of_the_rows_does_not_matter() -> None:
    frame = staged().snapshots()
    one, other = (build_tape(f, wanted(CALL, PUT)) for f in (frame, frame.iloc[::-1]))
    for name in ("observed", "available", "spot", "bid", "ask"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_snapshots_that_arrive_late_are_left_out() -> None:
    stage = staged()
    stage.snapshot("09:59", {CALL: (1, 2)}, available_at=at("10:05"))
    assert build_tape(stage.snapshots(), wanted(CALL)).bid.shape == (1, 3)


def test_no_snapshots_make_an_empty_tape() -> None:
    tape = build_tape(staged().snapshots().iloc[:0], wanted(CALL))
    assert (tape.bid.shape, len(tape.observed)) == ((1, 0), 0)


def test_keys_tell_contracts_apart() -> None:
    frame = pd.DataFrame(
        [(d, k, t) for d in ("2024-02-08", "2024-02-15") for k in (100.0, 100.05, 99_999.0) for t in ("CE", "PE")],
        columns=["expiry", "strike", "option_type"],
    )
    frame["expiry"] = pd.to_datetime(frame["expiry"])
    assert len(set(contract_keys(frame))) == len(frame)
