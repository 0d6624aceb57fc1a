"""Reading the stored JSON objects that say why a figure is NULL or why signals were rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from trading_assets.report.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


def stored_reasons(text: object) -> Mapping[str, str]:
    """Read `undefined_reasons`: column to reason in words; empty when there is no readable object."""
    return {name: plain(str(reason)) for name, reason in _object(text).items()}


def stored_counts(text: object) -> Mapping[str, int]:
    """Read `rejections`: reason in words to count; empty when there is no readable object."""
    return {plain(name): int(value) for name, value in _object(text).items() if isinstance(value, int)}


def _object(text: object) -> Mapping[str, object]:
    if not isinstance(text, str):
        return {}
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
