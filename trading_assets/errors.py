"""Every error the project raises on purpose, and the exit code each one means on the command line.

The tree::

    TradingAssetsError            exit 1
    ├── CheckFailedError          exit 1  a check, regression or comparison failed
    ├── UsageError                exit 2  the call itself is wrong
    └── InputError                exit 3  an input, baseline, model or service is missing or does not match
        ├── ArchiveError          an archive is unsafe, damaged or too large
        ├── BaselineError         a baseline is missing or unreadable
        ├── BrokerFileError       a broker's export is not in its format, or rows of it are wrong
        ├── CalendarError         a date is outside the calendar
        │   └── NotASessionError  a date is inside it and closed
        ├── ContractError         a frame does not have the columns its table promises
        ├── FeedError             a recording is not in the format of its feed
        │   └── FeedCallError     a live feed gave no usable answer
        │       └── TokenError    it refused the access token
        ├── MetricInputError      a metric was handed missing or infinite values
        ├── ModelError            a model is missing, unpinned, altered or of a foreign type
        ├── ReferenceDataError    a packaged or overlay CSV row is wrong or missing
        ├── SettingsError         a setting does not validate
        ├── SqlError              a statement is not read-only or does not run
        ├── StorageError          a stored table cannot be read or written
        └── StrategyError         a strategy file or its parameters are wrong

A message is one paragraph: what was found, where, what was expected, and what to do next.
"""

from typing import ClassVar


class TradingAssetsError(Exception):
    """Root of every deliberate error."""

    exit_code: ClassVar[int] = 1


class CheckFailedError(TradingAssetsError):
    """A check, regression or comparison ran and failed."""


class UsageError(TradingAssetsError):
    """The call is wrong: an unknown name, an empty range, options that exclude each other."""

    exit_code: ClassVar[int] = 2


class InputError(TradingAssetsError):
    """Something handed in, or needed from outside, is missing or does not match."""

    exit_code: ClassVar[int] = 3


class ArchiveError(InputError):
    """An archive is unsafe, damaged or larger than its limits."""


class BaselineError(InputError):
    """A regression baseline is missing or cannot be read."""


class BrokerFileError(InputError):
    """A broker's export is not in its format, or rows of it are wrong."""


class CalendarError(InputError):
    """A date lies outside the range the calendar knows."""


class NotASessionError(CalendarError):
    """A date inside the calendar on which the exchange is closed."""


class ContractError(InputError):
    """A frame does not have the columns or types its table promises."""


class FeedError(InputError):
    """A recording is not in the format of the feed that reads it."""


class FeedCallError(FeedError):
    """A live feed did not answer, or its answer cannot be used."""


class TokenError(FeedCallError):
    """A live feed refused the access token, or there is none."""


class MetricInputError(InputError):
    """A metric was handed missing or infinite values."""


class ModelError(InputError):
    """A model is missing, not pinned, altered, or holds a type that is not allowed."""


class ReferenceDataError(InputError):
    """A row of the packaged or overlaid reference data is wrong or missing."""


class SettingsError(InputError):
    """A setting does not validate."""


class SqlError(InputError):
    """A statement is not read-only, or the engine refused it."""


class StorageError(InputError):
    """A stored table cannot be read or written."""


class StrategyError(InputError):
    """A strategy file cannot be loaded or its parameters are wrong."""
