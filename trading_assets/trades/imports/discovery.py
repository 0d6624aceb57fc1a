"""Finding the broker imports: every module of this room that defines `IMPORT`. Nothing is registered on import."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from trading_assets.errors import UsageError
from trading_assets.trades import imports
from trading_assets.trades.imports.broker_import import BrokerImport


def load_imports() -> dict[str, BrokerImport]:
    """Load every import, by name, in alphabetical order; a broken file fails with its own traceback."""
    modules = [import_module(found.name) for found in iter_modules(imports.__path__, f"{imports.__name__}.")]
    found = [module.IMPORT for module in modules if isinstance(getattr(module, "IMPORT", None), BrokerImport)]
    return {broker.name: broker for broker in sorted(found, key=lambda broker: broker.name)}


def import_named(name: str) -> BrokerImport:
    """Return one import by name.

    Raises:
        UsageError: There is no such import.
    """
    known = load_imports()
    if name not in known:
        msg = f"there is no import of broker {name!r}; there are {', '.join(known)}."
        raise UsageError(msg)
    return known[name]
