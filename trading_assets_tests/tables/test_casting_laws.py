"""Laws of casting: for any input a frame either keeps every value or refuses by name; nothing is lost in between."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trading_assets.errors import ContractError
from trading_assets.tables.catalog import CONTRACTS
from trading_assets.tables.contract import FRAME_DTYPES, NEVER_MISSING, Column, Contract, Kind
from trading_assets.tables.money import paise, round_half_up, rupees, total
from trading_assets.tables.schema import violations
from trading_assets_tests.tables.valid_frames import valid_frame

IST = ZoneInfo("Asia/Kolkata")
#: Building a frame takes milliseconds, so a law is tried on few of them.
FEW = settings(max_examples=20)
KINDS: tuple[Kind, ...] = ("date", "time", "text", "json", "integer", "number", "money", "flag")
#: Paise, ₹ 1,000 crore: far above any book here, and far below where float64 rupees lose a thousandth of a paisa.
EXACT = 10**12

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
ZONES = st.sampled_from([UTC, IST, ZoneInfo("America/New_York"), timezone(timedelta(hours=-3, minutes=-30))])
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES: dict[Kind, st.SearchStrategy[object]] = {
    "date": DAYS,
    "time": MOMENTS,
    "text": TEXTS,
    "json": TEXTS,
    "integer": st.integers(-(2**63), 2**63 - 1),
    "number": st.floats(allow_nan=False),
    "money": st.integers(-EXACT, EXACT).map(lambda amount: amount / 100.0),
    "flag": st.booleans(),
}
MISSING: dict[Kind, object] = {"date": None, "time": None, "text": None, "json": None, "number": None, "money": None}


def table_of(kind: Kind) -> Contract:
    column = Column("x", kind, "Any.", nullable=kind not in NEVER_MISSING)
    return Contract("t", (Column("row", "integer", "Row."), column), ("row",), "", "", "")


def cast(kind: Kind, values: object) -> pd.Series:
    rows = len(values) if isinstance(values, list | np.ndarray | pd.Series) else 1
    return table_of(kind).frame({"row": np.arange(rows), "x": values})["x"]


def plain(kind: Kind, value: object) -> object:
    """A value of a frame as Python has it."""
    back: dict[Kind, Callable[[pd.Timestamp], object]] = {
        "date": lambda stamp: stamp.date(),
        "time": lambda stamp: stamp.to_pydatetime(),
    }
    return back[kind](value) if kind in back else value  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_every_value_of_a_kind_comes_back(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[kind], min_size=1, max_size=8))
    series = cast(kind, values)
    assert str(series.dtype) == FRAME_DTYPES[kind]
    assert [plain(kind, value) for value in series] == values


@pytest.mark.parametrize("kind", MISSING)
@FEW
@given(data=st.data())
def test_missing_stays_missing_and_moves_nothing(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.one_of(st.none(), VALUES[kind]), min_size=1, max_size=8))
    series = cast(kind, values)
    assert str(series.dtype) == FRAME_DTYPES[kind]
    assert series.isna().tolist() == [value is None for value in values]
    present = [plain(kind, value) for value in series.dropna()]
    assert present == [value for value in values if value is not None]


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_casting_twice_is_casting_once(kind: Kind, data: st.DataObject) -> None:
    once = cast(kind, data.draw(st.lists(VALUES[kind], max_size=6)))
    pd.testing.assert_series_equal(cast(kind, once), once)


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_a_scalar_is_the_same_as_its_repetition(kind: Kind, data: st.DataObject) -> None:
    value, rows = data.draw(VALUES[kind]), data.draw(st.integers(0, 5))
    table = table_of(kind)
    spread = table.frame({"row": np.arange(rows), "x": value})
    pd.testing.assert_frame_equal(spread, table.frame({"row": np.arange(rows), "x": [value] * rows}))


@pytest.mark.parametrize("kind", KINDS)
@FEW
@given(data=st.data())
def test_lists_arrays_series_and_frames_are_cast_alike(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(VALUES[kind], min_size=1, max_size=6))
    expected = cast(kind, values)
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    labelled = pd.Series(values, index=[7] * len(values))
    assert cast(kind, labelled).tolist() == expected.tolist()
    frame = pd.DataFrame({"x": labelled, "row": np.arange(len(values))})
    assert table_of(kind).frame(frame)["x"].tolist() == expected.tolist()
    if kind not in {"integer", "number", "money", "flag"}:
        assert cast(kind, objects).tolist() == expected.tolist()


# which kinds each kind's values may be stored as: everything else must be refused, never converted
ACCEPTED: dict[Kind, set[Kind]] = {
    "date": {"date"},
    "time": {"time"},
    "text": {"text", "json"},
    "json": {"text", "json"},
    "integer": {"integer", "number", "money"},
    "number": {"number", "money"},
    "flag": {"flag"},
}
SAMPLES: dict[Kind, list[object]] = {
    "date": [date(2025, 10, 13), date(2025, 10, 14)],
    "time": [datetime(2025, 10, 13, 9, 15, tzinfo=IST)],
    "text": ["soon", "2.5"],
    "json": ['{"a": 1}'],
    "integer": [3, -4],
    "number": [2.5, -0.25],
    "flag": [True, False],
}
CROSSED = [(given_kind, kind) for given_kind in SAMPLES for kind in KINDS if kind not in ACCEPTED[given_kind]]
#: A flag is a number to numpy, and a moment has a day: these two are settled below.
LENIENT = {("flag", "integer"), ("flag", "number"), ("flag", "money"), ("time", "date"), ("date", "time")}


@pytest.mark.parametrize(("given_kind", "kind"), [pair for pair in CROSSED if pair not in LENIENT])
def test_a_value_of_another_kind_is_refused_with_table_column_and_kind(given_kind: Kind, kind: Kind) -> None:
    with pytest.raises(ContractError) as refused:
        cast(kind, SAMPLES[given_kind])
    assert str(refused.value).startswith("t.x cannot hold ")
    assert f" values as {kind}: " in str(refused.value)


@pytest.mark.parametrize("text", ["03/02/2026", "3 Feb 2026", "2.5", "soon", "2026-02-03 soon", "20260203T"])
def test_a_day_in_words_is_read_as_iso_or_not_at_all(text: str) -> None:
    with pytest.raises(ContractError, match=r"t\.x cannot hold str values as date"):
        cast("date", [text])
    with pytest.raises(ContractError, match=r"t\.x cannot hold str values as time"):
        cast("time", [text])


@FEW
@given(DAYS, MOMENTS)
def test_iso_text_is_the_day_and_the_moment_it_says(day: date, moment: datetime) -> None:
    assert cast("date", [day.isoformat()]).tolist() == cast("date", [day]).tolist()
    assert cast("time", [moment.isoformat()]).tolist() == cast("time", [moment]).tolist()
    assert cast("time", [moment.astimezone(IST).isoformat()]).tolist() == cast("time", [moment]).tolist()


def test_a_day_is_no_moment_without_a_zone() -> None:
    with pytest.raises(ContractError, match="times without a zone"):
        cast("time", [date(2025, 10, 13)])


@FEW
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_number_is_an_integer_only_when_it_is_whole(value: float) -> None:
    whole = np.isfinite(value) and float(value).is_integer() and abs(value) < 2**63
    if whole:
        assert cast("integer", [value]).tolist() == [int(value)]
    else:
        with pytest.raises(ContractError, match="x cannot hold float64 values as integer"):
            cast("integer", [value])


@FEW
@given(st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=6))
def test_a_flag_is_never_guessed_of_a_missing_value(values: list[bool | None]) -> None:
    if None in values:
        with pytest.raises(ContractError, match=r"t\.x cannot hold .* values as flag"):
            cast("flag", values)
    else:
        assert cast("flag", values).tolist() == values


@FEW
@given(st.lists(MOMENTS, min_size=1, max_size=4), ZONES)
def test_a_moment_is_the_same_in_every_zone(moments: list[datetime], zone: tzinfo) -> None:
    assert cast("time", [moment.astimezone(zone) for moment in moments]).tolist() == cast("time", moments).tolist()


def test_moments_of_several_zones_in_one_column_are_refused() -> None:
    moment = datetime(2025, 10, 13, 3, 45, tzinfo=UTC)
    with pytest.raises(ContractError, match=r"t\.x cannot hold object values as time"):
        cast("time", [moment, moment.astimezone(IST)])


@FEW
@given(st.lists(st.integers(0, 3), min_size=2, max_size=5, unique=True), st.data())
def test_the_index_of_what_was_handed_in_is_forgotten(labels: list[int], data: st.DataObject) -> None:
    values = data.draw(st.lists(st.floats(allow_nan=False), min_size=len(labels), max_size=len(labels)))
    frame = table_of("number").frame(pd.DataFrame({"row": range(len(labels)), "x": values}, index=labels))
    assert frame.index.tolist() == list(range(len(labels)))
    assert frame["x"].tolist() == values, "rows are matched by place, not by label"


@FEW
@given(st.permutations(["row", "x", "y"]))
def test_order_and_types_do_not_depend_on_how_columns_come(names: list[str]) -> None:
    table = Contract(
        "t",
        (Column("y", "flag", "Y."), Column("x", "money", "X.", nullable=True), Column("row", "integer", "Row.")),
        ("row",),
        "",
        "",
        "",
    )
    values: dict[str, object] = {"row": [1, 2], "x": [0.25, None], "y": True}
    frame = table.frame({name: values[name] for name in names})
    assert [(name, str(kind)) for name, kind in frame.dtypes.items()] == list(table.dtypes.items())


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_a_frame_without_rows_can_be_grown(contract: Contract) -> None:
    filled = valid_frame(contract)
    grown = contract.frame(pd.concat([filled, contract.empty()], ignore_index=True))
    pd.testing.assert_frame_equal(grown, filled)
    assert violations(contract, grown) == ()


@FEW
@given(st.integers(-EXACT, EXACT))
def test_an_amount_of_any_size_keeps_its_paise_in_a_frame(amount: int) -> None:
    stored = cast("money", [float(rupees(amount))])
    assert paise(stored).tolist() == [amount]
    assert violations(table_of("money"), table_of("money").frame({"row": [0], "x": stored})) == ()


@FEW
@given(st.integers(-EXACT, EXACT))
def test_a_loss_is_the_mirror_of_a_gain(amount: int) -> None:
    assert paise(-rupees(amount)) == -amount
    assert rupees(-amount) == -rupees(amount)
    assert total([float(rupees(amount)), float(rupees(-amount))]) == 0.0


@FEW
@given(st.integers(-(10**9), 10**9), st.integers(1, 99))
def test_a_fraction_of_a_paisa_is_refused_with_its_amount(amount: int, hundredths: int) -> None:
    spoilt = (amount + hundredths / 100) / 100
    with pytest.raises(ContractError, match="is not a whole number of paise; round where the amount is made"):
        paise(spoilt)


@FEW
@given(st.decimals(-(10**9), 10**9, places=4))
def test_rounding_moves_an_amount_by_half_a_paisa_at_most(amount: Decimal) -> None:
    rounded = Decimal(int(round_half_up(float(amount))))
    assert abs(rounded - amount) <= Decimal("0.5")
    assert int(round_half_up(float(-amount))) == -rounded
    assert int(round_half_up(float(rounded))) == rounded, "what is whole is not moved"


@FEW
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.randoms())
def test_a_sum_of_paise_knows_no_order_where_a_sum_of_floats_does(amounts: list[int], random: object) -> None:
    shuffled = list(amounts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(rupees(amounts)) == total(rupees(shuffled)) == float(rupees(sum(amounts)))


def test_ten_small_charges_are_one_rupee_to_the_paisa() -> None:
    dimes = [0.1] * 10
    assert sum(dimes) != 1.0, "floats alone do not add up"
    assert total(dimes) == 1.0


def test_a_table_says_which_columns_it_has_when_asked_for_another() -> None:
    for contract in CONTRACTS:
        with pytest.raises(ContractError, match=f"table {contract.name} has no column 'pnl'; its columns are "):
            contract.column("pnl")
        with pytest.raises(ContractError, match=rf"table {contract.name} does not know column\(s\) pnl, spots\."):
            contract.frame(valid_frame(contract).assign(pnl=1.0, spots=2.0))
