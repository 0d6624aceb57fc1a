"""Admission decides before any route: names, sizes, methods and the token, each by itself."""

import pytest
from starlette.datastructures import Headers

from trading_assets.cli.api_guard import MOST_HEADER_BYTES, MOST_TARGET_BYTES, admission, is_loopback
from trading_assets.errors import SettingsError

TOKEN = "a-token-of-enough-letters"  # noqa: S105 - made for these tests


def refused(target: bytes = b"/metrics", method: str = "GET", token: str | None = None, **headers: str) -> int | None:
    given = Headers({"host": "127.0.0.1:8000", **{name.replace("_", "-"): text for name, text in headers.items()}})
    found = admission("127.0.0.1", token, ["desk.example"]).refusal(method, target, given)
    return found[0] if found else None


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "desk.example"]
)
def test_its_own_names_pass(host: str) -> None:
    assert refused(host=host) is None


@pytest.mark.parametrize(
    "host", ["", "evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "[::2]", "desk.example.x"]
)
def test_other_names_are_misdirected(host: str) -> None:
    assert refused(host=host) == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD", "OPTIONS", "get"])
def test_only_get_is_answered(method: str) -> None:
    assert refused(method=method) == 405


def test_sizes_have_limits() -> None:
    assert refused(b"/" + b"x" * (MOST_TARGET_BYTES - 1)) is None
    assert refused(b"/" + b"x" * MOST_TARGET_BYTES) == 414
    assert refused(x="y" * MOST_HEADER_BYTES) == 431
    assert refused(content_length="1") == 413
    assert refused(transfer_encoding="chunked") == 413


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer é"]
)
def test_any_other_token_is_refused(given: str) -> None:
    assert refused(token=TOKEN, authorization=given) == 401


def test_the_token_admits_and_health_needs_none() -> None:
    assert refused(token=TOKEN, authorization=f"bearer {TOKEN}") is None
    assert refused(b"/healthz", token=TOKEN) is None
    assert refused(b"/healthz/", token=TOKEN) == 401


def test_an_address_counts_as_a_name_once_it_is_listened_at() -> None:
    conditions = admission("10.0.0.5", TOKEN, [])
    assert "10.0.0.5" in conditions.hosts
    assert "[::2]" in admission("::2", TOKEN, []).hosts


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.1.2.3", True), ("::1", True), ("0.0.0.0", False), ("desk", False)],  # noqa: S104 - judged
)
def test_loopback_is_told_from_the_rest(host: str, expected: object) -> None:
    assert is_loopback(host) is expected
    if not expected:
        with pytest.raises(SettingsError, match="other machines"):
            admission(host, None, [])
