"""Forward, time and volatility on an option chain the exchange published."""

from datetime import date, datetime
from pathlib import Path

import numpy as np
import orjson
import pytest

from trading_assets.market.black76 import implied_vol
from trading_assets.market.calendar import IST
from trading_assets.market.forwards import parity_forward, years_to_expiry
from trading_assets.market.packaged import load_market

RATE = 0.065
Chain = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def chain(recordings: Path) -> Chain:
    """Legs of all eighteen expiries of one dump of 2025-10-16."""
    (path,) = (recordings / "nse_json_2025" / "sample_uncompressed").glob("*.json")
    records = orjson.loads(path.read_bytes())["records"]
    legs = [(side, row[side]) for row in records["data"] for side in ("CE", "PE") if side in row]
    expiry = [datetime.strptime(f"{leg['expiryDate']} +0530", "%d-%b-%Y %z").date() for _, leg in legs]
    observed = datetime.strptime(records["timestamp"], "%d-%b-%Y %H:%M:%S").replace(tzinfo=IST)
    reference = load_market().reference
    close = [np.datetime64(int(reference.expiry_close("NIFTY", day).timestamp()), "s") for day in expiry]
    bid, ask = (np.array([leg[name] for _, leg in legs], dtype=float) for name in ("bidprice", "askPrice"))
    return {
        "expiry": np.array(expiry, dtype="datetime64[D]"),
        "years": years_to_expiry(np.datetime64(int(observed.timestamp()), "s"), np.array(close)),
        "strike": np.array([leg["strikePrice"] for _, leg in legs], dtype=float),
        "is_call": np.array([side == "CE" for side, _ in legs]),
        "mid": np.where((bid > 0) & (bid <= ask), (bid + ask) / 2, np.nan),
        "vendor": np.array([leg["impliedVolatility"] for _, leg in legs], dtype=float),
        "spot": np.array([leg["underlyingValue"] for _, leg in legs], dtype=float),
    }


def forwards(chain: Chain) -> tuple[np.ndarray, np.ndarray]:
    _, group = np.unique(chain["expiry"], return_inverse=True)
    legs = (chain["strike"], chain["is_call"], chain["mid"], chain["years"])
    return group, parity_forward(group, *legs, RATE)


@pytest.mark.recordings
def test_forwards_grow_with_the_carry_of_the_index(chain: Chain) -> None:
    group, forward = forwards(chain)
    years = np.array([chain["years"][group == number][0] for number in range(len(forward))])
    known = np.isfinite(forward)
    assert known.sum() >= 10
    carry = np.log(forward / chain["spot"].max())[known] / years[known]
    near = years[known] > 20 / 365
    assert ((carry[near] > 0.02) & (carry[near] < 0.10)).all(), "interest less dividends"
    assert np.abs(forward[0] / chain["spot"].max() - 1) < 0.003


@pytest.mark.recordings
def test_volatilities_are_those_of_the_exchange_near_the_money(chain: Chain) -> None:
    group, forward = forwards(chain)
    of_leg = forward[group]
    month = chain["expiry"] == np.datetime64("2025-11-25")
    otm = chain["is_call"] == (chain["strike"] >= of_leg)
    near = np.abs(chain["strike"] / of_leg - 1) < 0.03
    chosen = month & otm & near & (chain["vendor"] > 0) & np.isfinite(chain["mid"])
    terms = (chain[name][chosen] for name in ("strike", "years"))
    found = 100 * implied_vol(chain["mid"][chosen], of_leg[chosen], *terms, RATE, chain["is_call"][chosen])
    assert chosen.sum() >= 20
    assert np.isfinite(found).all()
    assert np.abs(np.median(found - chain["vendor"][chosen])) < 1.5, "percentage points; the exchange uses spot"


@pytest.mark.recordings
def test_every_listed_expiry_is_known_and_has_a_time(chain: Chain) -> None:
    reference = load_market().reference
    listed = [date.fromisoformat(str(day)) for day in np.unique(chain["expiry"])]
    assert len(listed) == 18
    assert all(reference.is_expiry("NIFTY", day) for day in listed)
    assert np.isfinite(chain["years"]).all()
