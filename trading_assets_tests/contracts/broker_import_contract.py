"""What every broker import keeps. A subclass gives an export and facts about it, no test of its own for this."""

from __future__ import annotations

from abc import ABC, abstractmethod

import orjson
import pandas as pd
import pytest

from trading_assets.errors import BrokerFileError
from trading_assets.tables.executions import CONTRACT
from trading_assets.tables.schema import violations
from trading_assets.trades.imports.broker_import import BrokerImport, import_file
from trading_assets.trades.imports.discovery import import_named
from trading_assets_tests.trades.stage import market


class BrokerImportContract(ABC):
    """Facts of one export of a broker, which holds a purchase and a sale of one option, in this order."""

    name: str
    contract: tuple[str, str, float, str]
    quantity: int
    prices: tuple[float, float]
    times: tuple[str, str]
    trade_ids: tuple[str, str]
    time_known: bool = True

    @abstractmethod
    def export(self) -> bytes:
        """The export."""

    @abstractmethod
    def spoiled(self) -> tuple[bytes, str]:
        """The export with the quantity of its second row replaced by a word, and how the message names that row."""

    @abstractmethod
    def with_another_instrument(self) -> bytes | None:
        """The export with a row more that is no index option; None where the format has only index options."""

    @property
    def broker(self) -> BrokerImport:
        return import_named(self.name)

    def read(self, content: bytes, account: str = "A1") -> pd.DataFrame:
        return import_file(self.broker, content, "export", account, market()).frame

    def test_executions_are_what_the_export_says(self) -> None:
        frame = self.read(self.export()).sort_values("side", ignore_index=True)
        underlying, expiry, strike, option_type = self.contract
        assert frame["side"].tolist() == ["BUY", "SELL"]
        assert frame["quantity"].tolist() == [self.quantity] * 2
        assert tuple(frame["price"]) == self.prices
        assert tuple(frame["time"].dt.tz_convert("Asia/Kolkata").dt.strftime("%Y-%m-%dT%H:%M:%S")) == self.times
        assert tuple(frame["broker_trade_id"]) == self.trade_ids
        assert set(frame["time_known"]) == {self.time_known}
        assert set(frame["underlying"]) == {underlying}
        assert set(frame["expiry"]) == {pd.Timestamp(expiry)}
        assert set(frame["strike"]) == {strike}
        assert set(frame["option_type"]) == {option_type}
        assert set(frame["broker"]) == {self.name}

    def test_the_frame_keeps_its_contract_and_is_in_key_order(self) -> None:
        frame = self.read(self.export())
        assert not violations(CONTRACT, frame)
        assert frame["execution_id"].is_monotonic_increasing

    def test_the_original_row_is_kept(self) -> None:
        for original, trade in self.read(self.export())[["original", "broker_trade_id"]].itertuples(index=False):
            assert orjson.loads(original)["trade_id"] == trade

    def test_the_same_file_gives_the_same_keys_and_another_account_others(self) -> None:
        first, again, other = (self.read(self.export(), account) for account in ("A1", "A1", "B2"))
        pd.testing.assert_frame_equal(first, again)
        assert not set(first["execution_id"]) & set(other["execution_id"])

    def test_a_wrong_row_is_named_and_nothing_is_imported(self) -> None:
        content, line = self.spoiled()
        with pytest.raises(BrokerFileError, match=f"1 rows cannot be imported, so nothing was: {line}: quantity is"):
            self.read(content)

    def test_rows_of_other_instruments_are_counted_and_passed_over(self) -> None:
        content = self.with_another_instrument()
        if content is not None:
            found = import_file(self.broker, content, "export", "A1", market())
            assert (len(found.frame), found.skipped) == (2, 1)

    @pytest.mark.parametrize("content", [b"", b"PK\x03\x04damaged", b"a,b\n1,2\n", b"{]", b"\xff\xfe"])
    def test_a_file_in_another_format_is_refused(self, content: bytes) -> None:
        with pytest.raises(BrokerFileError, match="export"):
            self.read(content)
