"""Real processes that write until they are killed; a forkserver has the imports done, so each starts quickly."""

from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

from trading_assets.market.captures import Capture
from trading_assets.storage.journal import Journal
from trading_assets.storage.landing import Landing
from trading_assets.storage.tables import TableStore
from trading_assets.tables import feed_calls, market_snapshots
from trading_assets_tests.storage.captured import capture
from trading_assets_tests.storage.contract_frames import SESSION, snapshots
from trading_assets_tests.storage.journaled import calls

ROWS = 8_000


def context() -> ForkServerContext:
    """Processes that start from a clean one, never from pytest with its threads."""
    made = get_context("forkserver")
    made.set_forkserver_preload([__name__])
    return made


@contextmanager
def running(work: object, *args: object) -> Iterator[tuple[BaseProcess, Connection]]:
    """Run `work(connection, *args)` in a process and hand out its end of the pipe; it is dead afterwards."""
    receiver, sender = context().Pipe(duplex=False)
    process = context().Process(target=work, args=(sender, *args), daemon=True)
    process.start()
    sender.close()
    try:
        yield process, receiver
    finally:
        process.kill()
        process.join()
        process.close()
        receiver.close()


def wait_for_temporary_file(process: BaseProcess, folder: Path) -> None:
    """Return while a writer is in the middle of a file that has no name of its own yet."""
    before = set(folder.glob(".*.tmp"))
    while process.is_alive() and set(folder.glob(".*.tmp")) <= before:
        pass


def write_tables(told: Connection, root: Path, seeds: tuple[int, ...], times: int) -> None:
    """Write versions of a partition by turns, telling after each."""
    frames = [snapshots(ROWS, seed) for seed in seeds]
    store = TableStore(root)
    for turn in range(times):
        store.write(market_snapshots.CONTRACT, frames[turn % len(frames)], SESSION)
        told.send(turn)


def land_captures(told: Connection, root: Path, times: int) -> None:
    """Land captures of some weight, telling after each."""
    landing = Landing(root)
    for number in range(times):
        landing.land(heavy(number))
        told.send(number)


def heavy(number: int) -> Capture:
    """A capture of about 1 MB that does not shrink to nothing."""
    return capture(number, raw=b"".join(f"{number * value:x},".encode() for value in range(200_000)))


def append_calls(told: Connection, root: Path, feed: str, times: int) -> None:
    """Append rows one by one to the journal of a day, telling after each."""
    journal = Journal(root)
    for number in range(times):
        journal.append(feed_calls.CONTRACT, calls([number], feed))
        told.send(number)
