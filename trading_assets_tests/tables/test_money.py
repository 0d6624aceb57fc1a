"""Money that is exact to the paisa, against decimal arithmetic."""

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.tables.money import MOST_PAISE, no_paise, paise, round_half_up, rupees, total

PAISE = st.integers(-(10**13), 10**13)
#: Sums of binary fractions stay within a thousandth of a paisa up to here.
MANY = st.lists(st.integers(-(10**9), 10**9), max_size=50)


@given(PAISE)
def test_rupees_and_paise_are_each_others_inverse(amount: int) -> None:
    assert paise(rupees(amount)) == amount


@given(MANY)
def test_a_total_is_the_exact_sum_whatever_the_order(amounts: list[int]) -> None:
    exact = float(Decimal(sum(amounts)) / 100)
    assert total(rupees(amounts)) == exact
    assert total(rupees(amounts[::-1])) == exact


@given(MANY, st.integers(0, 50))
def test_a_total_of_parts_is_the_total_of_all(amounts: list[int], cut: int) -> None:
    parts = [total(rupees(amounts[:cut])), total(rupees(amounts[cut:]))]
    assert total(parts) == total(rupees(amounts))


def test_nothing_sums_to_zero() -> None:
    assert total([]) == 0.0
    assert paise([]).tolist() == []


@pytest.mark.parametrize("bad", [0.005, 1.234, float("nan"), float("inf"), float("-inf"), 100.0049])
def test_what_is_no_whole_paisa_is_refused_where_it_is_added(bad: float) -> None:
    with pytest.raises(ContractError, match="not a whole number of paise"):
        paise([1.0, bad])


@pytest.mark.parametrize("sum_of_floats", [0.1 + 0.2, 1.1 * 3, 2.675 * 100])
def test_the_dust_of_binary_arithmetic_is_no_fraction(sum_of_floats: float) -> None:
    assert paise(sum_of_floats) == round(Decimal(repr(sum_of_floats)) * 100)


def test_shapes_are_kept() -> None:
    assert paise(np.zeros((2, 3))).shape == (2, 3)
    assert rupees([[1, 2]]).tolist() == [[0.01, 0.02]]


@given(st.decimals(-(10**7), 10**7, places=3))
def test_halves_round_away_from_zero_as_decimals_do(amount: Decimal) -> None:
    assert int(round_half_up(float(amount))) == int(amount.quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("amount", "rounded"), [(0.5, 1), (-0.5, -1), (0.49999999999, 1), (0.4999, 0), (2.5, 3), (-2.4, -2)]
)
def test_known_roundings(amount: float, rounded: int) -> None:
    assert int(round_half_up(amount)) == rounded


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_an_undefined_amount_is_not_rounded(bad: float) -> None:
    with pytest.raises(ContractError, match="missing or infinite"):
        round_half_up([1.0, bad])


@given(st.integers(-MOST_PAISE, MOST_PAISE))
def test_every_amount_up_to_the_largest_is_exact(amount: int) -> None:
    assert paise(rupees(amount)) == amount
    assert total([float(rupees(amount))]) == amount / 100


@given(st.integers(-(10**14), 10**14))
def test_half_a_paisa_is_refused_at_any_size(amount: int) -> None:
    with pytest.raises(ContractError, match="not a whole number of paise"):
        paise((amount + 0.5) / 100)


@pytest.mark.parametrize("large", [MOST_PAISE / 100 + 1, 2.0**53, 1e17, 1e18, 1e300, 1.7e308])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_amount_too_large_to_be_exact_never_wraps_around(large: float, sign: int) -> None:
    with pytest.raises(ContractError, match=r"^₹ -?[0-9.e+]+ is too large to be exact to the paisa"):
        total([1.0, sign * large])
    with pytest.raises(ContractError, match="missing or infinite"):
        round_half_up(sign * large * 100)
    assert no_paise(np.array([1.0, sign * large])).tolist() == [False, True]


def test_thousands_of_the_largest_amounts_still_add_up() -> None:
    largest = np.full(5_000, MOST_PAISE / 100)
    assert total(largest) == float(5_000 * MOST_PAISE) / 100
    assert total(-largest) == -total(largest)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=8))
def test_what_is_no_paise_is_what_a_sum_refuses(amounts: list[float]) -> None:
    judged = no_paise(np.array(amounts, dtype=np.float64))
    for amount, refused in zip(amounts, judged, strict=True):
        if not np.isfinite(amount):
            assert not refused, "missing and infinite are other bounds"
        elif refused:
            with pytest.raises(ContractError):
                paise(amount)
        else:
            assert abs(int(paise(amount)) - Decimal(amount) * 100) < Decimal("0.5")
