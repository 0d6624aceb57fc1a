"""Reading stored JSON objects: why a figure is NULL, why signals were rejected, what a model saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from trading_assets.report.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Mapping


def stored_reasons(text: object) -> Mapping[str, str]:
    """Read `undefined_reasons`: column to reason in words; empty when there is no readable object."""
    return {name: plain(str(reason)) for name, reason in stored_values(text).items()}


def stored_counts(text: object) -> Mapping[str, int]:
    """Read `rejections`: reason in words to count; empty when there is no readable object."""
    return {plain(name): int(value) for name, value in stored_values(text).items() if isinstance(value, int)}


def stored_values(text: object) -> Mapping[str, object]:
    """Read a JSON object: name to value; empty when the text is missing or holds no readable object."""
    if not isinstance(text, str):
        return {}
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return read if isinstance(read, dict) else {}
