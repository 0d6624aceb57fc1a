"""Option chains of stored sessions, kept for the next step that asks: bars, signals and scoring use the same ones.

So do the trades of the session whose rows were kept last: in an evening's run that is its only one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from trading_assets.market.calendar import Session
from trading_assets.market.history import NO_HISTORY, SessionHistory
from trading_assets.market.leg_rows import COLUMNS
from trading_assets.market.option_chain import OptionChain, chains
from trading_assets.storage.tables import TableStore
from trading_assets.tables.market_snapshots import CONTRACT

#: Sessions that are kept, 5 MB each for an index: those of one run of a range that is split over workers.
KEPT = 20


class SessionChains:
    """Chains of the sessions asked for last; each is known by the hash of the snapshots it was built of."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Session], Mapping[str, OptionChain]] = {}
        self._last: tuple[str, pd.DataFrame] | None = None

    def of(
        self, store: TableStore, session: Session, histories: Mapping[str, SessionHistory] | None = None
    ) -> dict[str, OptionChain]:
        """Return one chain per underlying of a session, as `option_chain.chains` does; none where nothing is stored.

        What is computed of a chain goes with what is returned: nothing but the chains themselves is kept.
        """
        content = store.content_sha256(CONTRACT, session.day)
        if content is None:
            return {}
        built = self._known.get((content, session)) or chains(store.read(CONTRACT, [session.day], COLUMNS), session)
        self.keep(content, session, built)
        known = histories or {}
        return {name: replace(chain, history=known.get(name, NO_HISTORY)) for name, chain in built.items()}

    def rows(self, store: TableStore, session: Session, columns: Sequence[str]) -> pd.DataFrame:
        """Return columns of a session's snapshots as the store reads them; of rows that are kept only the footer is."""
        if self._last is not None and self._last[0] == store.content_sha256(CONTRACT, session.day):
            return self._last[1][list(columns)]
        return store.read(CONTRACT, [session.day], columns)

    def keep_rows(self, content: str, rows: pd.DataFrame) -> None:
        """Keep the rows of a session's snapshots, in the order of their key, until those of the next.

        Args:
            content: Hash of the stored snapshots.
            rows: The same rows, whole.
        """
        self._last = content, rows

    def keep(self, content: str, session: Session, built: Mapping[str, OptionChain]) -> None:
        """Keep the chains of a session's snapshots, those of the session used longest ago no more.

        Args:
            content: Hash of the stored snapshots.
            session: Their session.
            built: Of `option_chain.chains`, without what is known of earlier sessions.
        """
        self._known.pop((content, session), None)
        self._known[content, session] = built
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
