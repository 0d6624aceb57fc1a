from __future__ import annotations

import numpy as np

from trading_assets.feeds.simulated_chain import Board, Mood, chain_prices, forwards, last_prices, surface
from trading_assets.feeds.simulated_interest import open_interest, quantities, volume
from trading_assets.feeds.simulated_path import day_path, generator
from trading_assets.feeds.simulated_spec import SimulationSpec
from trading_assets_tests.feeds.test_simulated_path import DAY, ELAPSED

SPEC = SimulationSpec()
STRIKES = np.arange(23_000.0, 25_000.0, 50.0)
SPOT = np.array([23_900.0, 24_050.0])
YEARS = np.array([[2 / 365, 9 / 365], [1 / 365, 8 / 365]])
BOARD = Board(STRIKES, YEARS, 0.05, np.array([65, 65]))
CALM = Mood(np.array([0.12, 0.13]), np.ones(2))


def test_volatility_is_skewed_to_low_strikes_and_higher_for_short_expiries() -> None:
    found = surface(forwards(SPOT, YEARS, 0.065), STRIKES, YEARS, CALM)
    assert found.shape == (2, 2, len(STRIKES))
    at = int(np.argmin(np.abs(STRIKES - SPOT[0])))
    assert (found[:, :, at - 8] > found[:, :, at]).all()
    assert (found[:, 0, at] > found[:, 1, at]).all()


def test_a_multiple_of_the_skew_leaves_the_money_where_it_is() -> None:
    forward = forwards(SPOT, YEARS, 0.065)
    plain, steep = (surface(forward, STRIKES, YEARS, Mood(CALM.volatility, np.full(2, k))) for k in (1.0, 2.0))
    low, high = STRIKES < 23_700.0, STRIKES > 24_300.0
    assert (steep[:, :, low] > plain[:, :, low]).all()
    assert (steep[:, :, high] < plain[:, :, high]).all()
    at = int(np.argmin(np.abs(STRIKES - forward[0, 0])))
    assert abs(steep[0, 0, at] - plain[0, 0, at]) < 0.001


def test_quotes_enclose_the_model_price_on_ticks() -> None:
    prices = chain_prices(BOARD, forwards(SPOT, YEARS, 0.065), CALM, 0.065)
    quoted = ~np.isnan(prices.bid)
    assert (prices.bid[quoted] < prices.mid[quoted]).all()
    assert (prices.ask > prices.mid).all()
    assert (prices.bid[quoted] >= 0.05).all()
    assert ((prices.ask - prices.mid) <= np.maximum(0.05, 0.003 * prices.mid) / 2 + 0.0501).all()
    near = prices.mid > 5.0
    assert ((prices.ask - prices.bid)[near] / prices.mid[near] < 0.05).all()


def test_a_last_price_lies_in_its_quote() -> None:
    prices = chain_prices(BOARD, forwards(SPOT, YEARS, 0.065), CALM, 0.065)
    last = last_prices(generator(SPEC, 5), prices, 0.05)
    assert (last <= prices.ask + 1e-9).all()
    assert (last >= np.nan_to_num(prices.bid, nan=0.05) - 1e-9).all()


def interest_of_a_day() -> np.ndarray:
    path = day_path(SPEC, DAY, ELAPSED)
    strikes = np.round(path.spot[0] / 50) * 50 + 50.0 * np.arange(-13, 14)
    return open_interest(generator(SPEC, 6), path, strikes, ELAPSED, np.array([6.0, 13.0]))


def test_the_put_call_ratio_swings_and_follows_the_mood() -> None:
    interest = interest_of_a_day()[:, 0]
    ratio = interest[..., 1].sum(axis=1) / interest[..., 0].sum(axis=1)
    assert ratio.min() < 0.75
    assert ratio.max() > 1.3
    assert ((ratio > 0.3) & (ratio < 3.0)).all()
    assert np.corrcoef(np.log(ratio), day_path(SPEC, DAY, ELAPSED).mood)[0, 1] > 0.8


def test_open_interest_grows_stands_still_between_publications_and_thins_out_by_expiry() -> None:
    interest = interest_of_a_day()
    total = interest.sum(axis=(2, 3))
    assert (total[-1] > 1.3 * total[0]).all()
    assert (total[:, 0] > total[:, 1]).all()
    still = (np.diff(interest, axis=0) == 0).all(axis=(1, 2, 3))
    assert still.mean() > 0.6
    window = np.abs(interest[15:] - interest[:-15]).sum(axis=(1, 2, 3)) / interest[:-15].sum(axis=(1, 2, 3))
    assert (window >= 0.01).mean() > 0.95


def test_volume_trades_most_at_the_ends_of_the_day() -> None:
    traded = volume(generator(SPEC, 7), interest_of_a_day(), ELAPSED, np.ones(len(ELAPSED))).sum(axis=(1, 2, 3))
    pace = np.diff(traded)
    assert (pace >= 0).all()
    assert pace[:60].sum() > 1.3 * pace[150:210].sum()
    assert pace[-60:].sum() > 1.3 * pace[150:210].sum()


def test_quantities_are_whole_lots() -> None:
    found = quantities(generator(SPEC, 8), (3, 2, 4, 2), np.array([65, 75]))
    assert (found[:, 0] % 65 == 0).all()
    assert (found[:, 1] % 75 == 0).all()
    assert (found > 0).all()
