"""Black-76: prices of European options on a forward, their sensitivities and the volatility a price implies.

Everything is vectorised and broadcasts. Rates are annual and continuous, volatilities are fractions a year (0.14), the
forward already carries rates and dividends. Times come from `market.forwards.years_to_expiry`.

Source: Black, F. (1976), The pricing of commodity contracts, Journal of Financial Economics 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DAYS_PER_YEAR = 365.0
_PERCENT = 100.0
_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))
_ROOT_HALF = float(np.sqrt(0.5))
#: A time value below this share of the price is rounding of the price, not information about volatility.
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Greeks:
    """Sensitivities of a price, each of the broadcast shape of the inputs.

    Args:
        delta: Per index point of the forward, discounted; negative for puts.
        gamma: Change of delta per index point of the forward.
        theta: ₹ per calendar day, usually negative.
        vega: ₹ per percentage point of volatility.
        rho: ₹ per percentage point of the rate at an unchanged forward.
    """

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats


def price(  # noqa: PLR0913, PLR0917 -- the formula has six inputs
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    sigma: ArrayLike,
    is_call: ArrayLike,
) -> Floats:
    """Price of an option, in the unit of the forward.

    Args:
        forward: Forward of the expiry, above 0.
        strike: Strike, above 0.
        years: Time to expiry in years; at 0 the price is the intrinsic value.
        rate: Annual continuous rate.
        sigma: Volatility as a fraction a year; at 0 the price is the discounted intrinsic value.
        is_call: True for calls.

    Returns:
        Prices of the broadcast shape, NaN where an input is missing, negative or, for forward and strike, 0.
    """
    from scipy.special import ndtr  # 0.25 CPU-s to import, which strategies on stored volatilities need not wait for

    f, k, t, r, vol, call = _inputs(forward, strike, years, rate, sigma, is_call)
    sign = np.where(call, 1.0, -1.0)
    d1, d2 = _distances(f, k, vol * np.sqrt(t))
    worth: Floats = np.exp(-r * t) * sign * (f * ndtr(sign * d1) - k * ndtr(sign * d2))
    return worth


def greeks(  # noqa: PLR0913, PLR0917 -- the formula has six inputs
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    sigma: ArrayLike,
    is_call: ArrayLike,
) -> Greeks:
    """Sensitivities of an option; arguments as for `price`, NaN also where `years` or `sigma` is 0."""
    from scipy.special import ndtr

    f, k, t, r, vol, call = _inputs(forward, strike, years, rate, sigma, is_call)
    root = np.where(t > 0, np.sqrt(t), np.nan)
    vol = np.where(vol > 0, vol, np.nan)
    sign, discount = np.where(call, 1.0, -1.0), np.exp(-r * t)
    d1, d2 = _distances(f, k, vol * root)
    density = discount * np.exp(-0.5 * d1 * d1) / _ROOT_TWO_PI
    worth = discount * sign * (f * ndtr(sign * d1) - k * ndtr(sign * d2))
    return Greeks(
        delta=discount * sign * ndtr(sign * d1),
        gamma=density / (f * vol * root),
        theta=(r * worth - f * density * vol / (2 * root)) / DAYS_PER_YEAR,
        vega=f * density * root / _PERCENT,
        rho=-t * worth / _PERCENT,
    )


def forward_delta(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, sigma: ArrayLike, is_call: ArrayLike
) -> Floats:
    """Delta of an option without discounting, as `greeks` has it at a rate of 0: positive for calls, (-1, 1)."""
    f, k, t, _, vol, call = _inputs(forward, strike, years, 0.0, sigma, is_call)
    sign = np.where(call, 1.0, -1.0)
    d1 = _distances(f, k, _uncertain(vol, t))[0] * sign
    below = np.fromiter(map(erfc, (-_ROOT_HALF * d1).ravel().tolist()), np.float64, d1.size)
    delta: Floats = sign * 0.5 * below.reshape(d1.shape)
    return delta


def forward_gamma(forward: ArrayLike, strike: ArrayLike, years: ArrayLike, sigma: ArrayLike) -> Floats:
    """Change of the undiscounted delta per index point of the forward, for calls and puts alike."""
    f, k, t, _, vol, _ = _inputs(forward, strike, years, 0.0, sigma, True)  # noqa: FBT003 - a call's is a put's
    total = _uncertain(vol, t)
    d1, _ = _distances(f, k, total)
    gamma: Floats = np.exp(-0.5 * d1 * d1) / (_ROOT_TWO_PI * f * total)
    return gamma


def implied_vol(  # noqa: PLR0913, PLR0917 -- the formula has six inputs
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    is_call: ArrayLike,
) -> Floats:
    """Volatility at which the model gives `price`, as a fraction a year.

    Args:
        price: Price of the option, for a quoted one its mid.
        forward: Forward of the expiry, above 0.
        strike: Strike, above 0.
        years: Time to expiry in years, above 0.
        rate: Annual continuous rate.
        is_call: True for calls.

    Returns:
        Volatilities of the broadcast shape; NaN where an input is missing, time has run out, or the price is not
        strictly between its discounted intrinsic value and the discounted forward (calls) or strike (puts).
    """
    from trading_assets.market.normalised_black import total_volatility  # needs scipy, see `price`

    f, k, t, r, paid, call = _inputs(forward, strike, years, rate, price, is_call)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        undiscounted = paid * np.exp(r * t)
        intrinsic = np.maximum(np.where(call, f - k, k - f), 0.0)
        time_value = undiscounted - intrinsic
        informative = (t > 0) & (time_value > _ROUNDING * undiscounted) & (time_value < np.minimum(f, k))
        beta = time_value / np.sqrt(f * k)
        moneyness = -np.abs(np.log(f / k))
    sigma = np.full(np.shape(beta), np.nan)
    sigma[informative] = total_volatility(beta[informative], moneyness[informative]) / np.sqrt(t[informative])
    return sigma


def _inputs(*values: ArrayLike) -> tuple[Floats, Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
    """Broadcast forward, strike, years, rate, a number ≥ 0 and is_call; impossible numbers become NaN."""
    *numbers, call = values
    f, k, t, r, amount, side = np.broadcast_arrays(
        *(np.asarray(number, dtype=np.float64) for number in numbers), np.asarray(call, dtype=np.bool_)
    )
    f, k = np.where(f > 0, f, np.nan), np.where(k > 0, k, np.nan)
    t, amount = np.where(t >= 0, t, np.nan), np.where(amount >= 0, amount, np.nan)
    return f, k, t, r, amount, side


def _uncertain(sigma: Floats, years: Floats) -> Floats:
    """Total volatility, NaN where there is none."""
    total: Floats = sigma * np.sqrt(years)
    return np.where(total > 0, total, np.nan)


def _distances(f: Floats, k: Floats, total: Floats) -> tuple[Floats, Floats]:
    """d1 and d2 for a total volatility; without any, ±infinity by moneyness and 0 at the money."""
    with np.errstate(divide="ignore", invalid="ignore"):
        moneyness = np.log(f / k)
        ratio = np.where((total == 0) & (moneyness == 0), 0.0, moneyness / total)
    return ratio + total / 2, ratio - total / 2
