"""Settings: where a value comes from, what is refused and how, what stays secret, and that `.env.example` is whole."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, SecretStr, ValidationError

from trading_assets.errors import SettingsError
from trading_assets.setting_sections import AlertSettings, ScoringSettings, Section, SourceSettings, StorageSettings
from trading_assets.settings import (
    SETTINGS_FILE,
    Limits,
    PerformanceSettings,
    QualitySettings,
    Settings,
    SpotBand,
    TradingSettings,
    _secrets,
    load_settings,
)

ROOT = Path(__file__).resolve().parents[1]
PREFIX = "TRADING_ASSETS_"
#: Shown in `.env.example` to teach the form; their defaults are too long for a line, or empty.
EXAMPLES = {"STRATEGIES", "RISK_FREE_RATES", "TRADING__CAPITALS", "QUALITY__LIMITS", "QUALITY__SPOT_BANDS"}
SECTIONS = (
    QualitySettings,
    StorageSettings,
    SourceSettings,
    TradingSettings,
    ScoringSettings,
    PerformanceSettings,
    AlertSettings,
)
SECRETS = {"POSTGRES_URL", "BROKER_URL", "MLFLOW_POSTGRES_URL", "UPSTOX_TOKEN", "API_TOKEN", "ALERTS__URLS"}


def leaves(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Names of the variables of a model, nested names joined by two underscores."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from leaves(kind, f"{prefix}{name}__")
        else:
            yield f"{prefix}{name}".upper()


def value_of(settings: Settings, leaf: str) -> object:
    found: object = settings
    for name in leaf.lower().split("__"):
        found = getattr(found, name)
    return found


def documented() -> dict[str, str]:
    """Values in `.env.example` by variable, without the prefix."""
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    pairs = [line.removeprefix("#").partition("=") for line in lines if line.startswith(f"#{PREFIX}")]
    assert len({name for name, _, _ in pairs}) == len(pairs), "a variable stands twice"
    return {name.removeprefix(PREFIX): value for name, _, value in pairs}


LEAVES = sorted(leaves(Settings))

# a new setting gets its line here and in `.env.example`: one value that differs from its default, as text of a
# variable and as what it becomes
OTHERS: dict[str, tuple[str, object]] = {
    "SOURCES__VOLUME_TOLERANCE": ("0.02", 0.02),
    "SOURCES__OPEN_INTEREST_TOLERANCE": ("0.05", 0.05),
    "SOURCES__PRICE_TOLERANCE": ("0.03", 0.03),
    "SOURCES__VOLUME_SHARE": ("0.9", 0.9),
    "SOURCES__OPEN_INTEREST_SHARE": ("0.6", 0.6),
    "SOURCES__CLOSING_WINDOW": ("PT10M", timedelta(minutes=10)),
    "SOURCES__PAIRING_WINDOW": ("PT2M", timedelta(minutes=2)),
    "STORAGE__URL": ("s3://desk/prod", "s3://desk/prod"),
    "STORAGE__ENDPOINT": ("https://minio.example:9000", "https://minio.example:9000"),
    "STORAGE__REGION": ("ap-south-1", "ap-south-1"),
    "STORAGE__TIMEOUT_SECONDS": ("5.0", 5.0),
    "STORAGE__ATTEMPTS": ("3", 3),
    "SESSIONS_PER_RUN": ("7", 7),
    "BROKER_URL": ("redis://:p@h:6379/1", SecretStr("redis://:p@h:6379/1")),
    "HOME": ("elsewhere", Path("elsewhere")),
    "BASELINES": ("golden", Path("golden")),
    "OVERLAY": ("facts", Path("facts")),
    "FIRST_SESSION": ("2018-04-02", date(2018, 4, 2)),
    "FEED_PREFERENCE": ('["simulated"]', ("simulated",)),
    "RISK_FREE_RATE": ("0.07", 0.07),
    "RISK_FREE_RATES": ('{"2024-01-01": 0.068}', {date(2024, 1, 1): 0.068}),
    "STRATEGIES": ('{"pcr_analysis": {"enter": 0.4}}', {"pcr_analysis": {"enter": 0.4}}),
    "STRATEGY_FOLDER": ("mine", Path("mine")),
    "POSTGRES_URL": ("postgresql://u:p@h/d", SecretStr("postgresql://u:p@h/d")),
    "MLFLOW_POSTGRES_URL": ("postgresql://u:p@h/d", SecretStr("postgresql://u:p@h/d")),
    "MLFLOW_ARTIFACTS": ("s3://bucket/models", "s3://bucket/models"),
    "UPSTOX_TOKEN": ("token-1", SecretStr("token-1")),
    "UPSTOX_BASE_URL": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "API_TOKEN": ("token-2", SecretStr("token-2")),
    "QUALITY__LIMITS": ('{"spot_jump": {"warning": 1}}', {"spot_jump": Limits(warning=1.0)}),
    "QUALITY__SPOT_BANDS": (
        '[{"underlying": "NIFTY", "low": 1, "high": 2}]',
        (SpotBand(underlying="NIFTY", low=1, high=2),),
    ),
    "QUALITY__GAP_CADENCES": ("4", 4.0),
    "QUALITY__RECEIPT_GRACE_SECONDS": ("0", 0.0),
    "QUALITY__CHECKS_PER": ("rule", "rule"),
    "QUALITY__TOLERATED_SHARE": ('{"market_snapshots": 0.5}', {"market_snapshots": 0.5}),
    "TRADING__CAPITAL": ("250000.50", Decimal("250000.50")),
    "TRADING__CAPITALS": ('{"2026-04-01": "1500000.50"}', {date(2026, 4, 1): Decimal("1500000.50")}),
    "TRADING__LOTS": ("3", 3),
    "TRADING__RISK_PER_POSITION": ("2500.50", Decimal("2500.50")),
    "TRADING__SLIPPAGE_TICKS": ("0", 0),
    "TRADING__MAX_OPEN_POSITIONS": ("1", 1),
    "TRADING__MAX_LOSS_PER_DAY": ("1", Decimal(1)),
    "TRADING__COOL_DOWN": ("PT15M", timedelta(minutes=15)),
    "TRADING__TRAILING_FRACTION": ("0.3", 0.3),
    "TRADING__SQUARE_OFF_MINUTES": ("0", 0),
    "TRADING__MAX_ENTRY_DELAY": ("PT5M", timedelta(minutes=5)),
    "TRADING__MAX_QUOTE_AGE": ("PT1M", timedelta(minutes=1)),
    "TRADING__RECONCILIATION_ENTRY_WINDOW": ("PT1M", timedelta(minutes=1)),
    "TRADING__RECONCILIATION_TOLERANCE": ("0.05", Decimal("0.05")),
    "TRADING__RECONCILIATION_UNMATCHED": ("2", 2),
    "TRADING__BROKER": ("zerodha", "zerodha"),
    "TRADING__MATCHING": ("lifo", "lifo"),
    "SCORING__DECISION_THRESHOLD": ("1", 1.0),
    "SCORING__MIN_TRAINING_ROWS": ("10", 10),
    "SCORING__TRAINING_MONTHS": ("12", 12),
    "SCORING__EMBARGO_SESSIONS": ("2", 2),
    "SCORING__SEED": ("7", 7),
    "SCORING__SUCCESSOR": ("waits", "waits"),
    "SCORING__PROMOTION_SIGNALS": ("250", 250),
    "PERFORMANCE__RISK_FREE_RATE": ("0", 0.0),
    "PERFORMANCE__SESSIONS_PER_YEAR": ("250", 250),
    "PERFORMANCE__MIN_SESSIONS": ("5", 5),
    "PERFORMANCE__TRIALS": ("40", 40),
    "PERFORMANCE__TRADE_SOURCE": ("imported", "imported"),
    "ALERTS__URLS": ('["mailto://a:b@c"]', (SecretStr("mailto://a:b@c"),)),
    "ALERTS__DRY_RUN": ("true", True),
    "ALERTS__MINIMUM_SEVERITY": ("critical", "critical"),
    "ALERTS__PATIENCE": ("PT1M", timedelta(minutes=1)),
    "ALERTS__REMIND_AFTER": ("P1D", timedelta(days=1)),
    "ALERTS__RESOLVE_AFTER": ("PT2H", timedelta(hours=2)),
    "ALERTS__MOST_PER_HOUR": ("1", 1),
    "ALERTS__QUIET_FROM": ("22:00", time(22)),
    "ALERTS__QUIET_UNTIL": ("07:30", time(7, 30)),
    "ALERTS__TIMEOUT_SECONDS": ("1.5", 1.5),
    "ALERTS__SUPPRESSED": ('{"spot_jump": "2026-02-01"}', {"spot_jump": date(2026, 2, 1)}),
}


def test_every_setting_has_a_case() -> None:
    assert sorted(OTHERS) == LEAVES


@pytest.mark.parametrize("leaf", LEAVES)
def test_a_variable_changes_its_setting_and_no_other(leaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    text, expected = OTHERS[leaf]
    assert value_of(defaults, leaf) != expected, "the case would pass without the variable"
    monkeypatch.setenv(PREFIX + leaf, text)
    changed = load_settings()
    assert value_of(changed, leaf) == expected
    assert {name for name in LEAVES if value_of(changed, name) != value_of(defaults, name)} == {leaf}


@pytest.mark.parametrize("leaf", sorted({*LEAVES} - SECRETS))
def test_the_file_holds_the_same_names_in_lower_case(leaf: str) -> None:
    text, expected = OTHERS[leaf]
    *sections, name = leaf.lower().split("__")
    header = f"[{'.'.join(sections)}]\n" if sections else ""
    # JSON lists and numbers are TOML too; tables of JSON are written with = as TOML has them
    value = text.replace('": ', '" = ') if text[0] in "{[" else f'"{text}"'
    Path(SETTINGS_FILE).write_text(f"{header}{name} = {value}\n", encoding="utf-8")
    assert value_of(load_settings(), leaf) == expected


def test_a_variable_stands_above_the_file_and_an_argument_above_both(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(SETTINGS_FILE).write_text('home = "file"\n[trading]\nlots = 2\nslippage_ticks = 5\n', encoding="utf-8")
    assert (load_settings().home, load_settings().trading.lots) == (Path("file"), 2)
    monkeypatch.setenv("TRADING_ASSETS_TRADING__LOTS", "4")
    monkeypatch.setenv("TRADING_ASSETS_HOME", "variable")
    both = load_settings()
    assert (both.home, both.trading.lots) == (Path("variable"), 4)
    assert both.trading.slippage_ticks == 5, "a variable of a section leaves the file's other names of it"
    assert Settings(home=Path("argument")).home == Path("argument")


def test_settings_are_read_when_asked_not_when_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert load_settings().trading.lots == 1
    monkeypatch.setenv("TRADING_ASSETS_TRADING__LOTS", "2")
    assert load_settings().trading.lots == 2
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / SETTINGS_FILE).write_text("risk_free_rate = 0.01\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "other")
    assert load_settings().risk_free_rate == 0.01


def test_a_dotenv_file_is_not_read() -> None:
    Path(".env").write_text("TRADING_ASSETS_TRADING__LOTS=9\n", encoding="utf-8")
    assert load_settings().trading.lots == 1


@pytest.mark.parametrize("leaf", LEAVES)
def test_an_empty_variable_is_as_good_as_none(leaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + leaf, "")
    assert value_of(load_settings(), leaf) == value_of(Settings.model_construct(), leaf)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("TRADING__LOTS", "0", "trading.lots: Input should be greater than or equal to 1"),
        ("TRADING__LOTS", "many", "trading.lots: Input should be a valid integer"),
        ("TRADING__LOTS", "1.5", "trading.lots: Input should be a valid integer"),
        ("TRADING__RISK_PER_POSITION", "0", "trading.risk_per_position: Input should be greater than 0"),
        ("TRADING__COOL_DOWN", "-PT1S", "trading.cool_down: "),
        ("TRADING__TRAILING_FRACTION", "0", "trading.trailing_fraction: Input should be greater than 0"),
        ("TRADING__MAX_QUOTE_AGE", "-PT1S", "trading.max_quote_age: "),
        ("TRADING__CAPITAL", "-1", "trading.capital: Input should be greater than 0"),
        ("TRADING__CAPITALS", '{"2026-04-01": "0"}', "trading.capitals.2026-04-01: Input should be greater than 0"),
        ("TRADING__BROKER", "acme", "trading.broker: Input should be 'upstox' or 'zerodha'"),
        ("TRADING__SLIPPAGE_TICKS", "-1", "trading.slippage_ticks: "),
        ("TRADING__MAX_ENTRY_DELAY", "soon", "trading.max_entry_delay: "),
        ("TRADING__LOT", "2", "trading.lot: Extra inputs are not permitted"),
        ("SCORING__DECISION_THRESHOLD", "1.01", "scoring.decision_threshold: "),
        ("SCORING__MIN_TRAINING_ROWS", "9", "scoring.min_training_rows: "),
        ("QUALITY__GAP_CADENCES", "1", "quality.gap_cadences: Input should be greater than 1"),
        ("QUALITY__LIMITS", '{"spot_jump": {"warn": 1}}', "quality.limits.spot_jump.warn: Extra inputs"),
        ("QUALITY__SPOT_BANDS", '[{"underlying": "NIFTY", "low": 0, "high": 1}]', "quality.spot_bands.0.low: "),
        ("ALERTS__MINIMUM_SEVERITY", "loud", "alerts.minimum_severity: Input should be 'critical', 'warning' or"),
        ("ALERTS__TIMEOUT_SECONDS", "0", "alerts.timeout_seconds: "),
        ("STORAGE__URL", "gs://desk/prod", "storage.url: String should match pattern"),
        ("STORAGE__URL", "s3://desk/../prod", "storage.url: String should match pattern"),
        ("STORAGE__ENDPOINT", "https://key:secret@minio.example", "storage.endpoint: String should match pattern"),
        ("STORAGE__ATTEMPTS", "0", "storage.attempts: "),
        ("FIRST_SESSION", "2024-13-01", "first_session: "),
        ("RISK_FREE_RATE", "6.5 %", "risk_free_rate: "),
        ("RISK_FREE_RATES", '{"monsoon": 0.055}', "risk_free_rates"),
    ],
)
def test_a_wrong_variable_is_refused_by_name(name: str, text: str, found: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, text)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert found in str(refused.value)
    assert f"Look in {SETTINGS_FILE} and the TRADING_ASSETS_* variables." in str(refused.value)
    assert "\n" not in str(refused.value), "one paragraph"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[tradng]\nlots = 2\n", "tradng: Extra inputs are not permitted"),
        ("lots = 2\n", "lots: Extra inputs are not permitted"),
        ("[trading]\nlot = 2\n", "trading.lot: Extra inputs are not permitted"),
        ("trading = 3\n", "trading: Input should be a valid dictionary"),
        (
            "[strategies.pcr_analysis]\nenter = 'high'\n",
            "strategies.pcr_analysis.enter: Input should be a valid number",
        ),
        ("[quality.limits.spot_jump]\nwarn = 1\n", "quality.limits.spot_jump.warn: Extra inputs"),
    ],
)
def test_a_typo_in_the_file_cannot_pass_as_a_default(text: str, found: str) -> None:
    Path(SETTINGS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert found in str(refused.value)


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(SETTINGS_FILE).write_text("[scoring]\nseed = 'x'\n", encoding="utf-8")
    monkeypatch.setenv("TRADING_ASSETS_TRADING__LOTS", "0")
    with pytest.raises(SettingsError, match=r"trading\.lots: .*; scoring\.seed: |scoring\.seed: .*; trading\.lots: "):
        load_settings()


@pytest.mark.parametrize("content", [b"[trading\n", b"lots 2\n", b"home = '\xff'\n"])
def test_a_file_that_is_no_toml_is_an_error_of_one_paragraph(content: bytes) -> None:
    Path(SETTINGS_FILE).write_bytes(content)
    with pytest.raises(SettingsError, match=rf"{SETTINGS_FILE} in .* is not TOML: .*Correct it"):
        load_settings()


@pytest.mark.parametrize(
    ("line", "variable"),
    [
        ('upstox_token = "hidden"', "TRADING_ASSETS_UPSTOX_TOKEN"),
        ('postgres_url = "hidden"', "TRADING_ASSETS_POSTGRES_URL"),
        ('api_token = "hidden"', "TRADING_ASSETS_API_TOKEN"),
        ('[alerts]\nurls = ["hidden"]', "TRADING_ASSETS_ALERTS__URLS"),
    ],
)
def test_a_secret_in_the_file_is_refused_without_repeating_it(line: str, variable: str) -> None:
    Path(SETTINGS_FILE).write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError, match=rf"{SETTINGS_FILE} holds the secret .* set {variable}") as refused:
        load_settings()
    assert "hidden" not in str(refused.value)


def test_every_secret_is_known_to_be_one() -> None:
    secret = {"__".join(path).upper() for path in _secrets(Settings)}
    assert secret == SECRETS, "add it to the test above"


@pytest.mark.parametrize("section", [Settings, *SECTIONS], ids=lambda section: section.__name__)
def test_every_setting_says_what_it_is(section: type[BaseModel]) -> None:
    silent = [
        name
        for name, field in section.model_fields.items()
        if not field.description
        and not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel))
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["STRATEGIES", "QUALITY", "FEED_PREFERENCE", "ALERTS__URLS"])
def test_a_list_that_is_no_json_is_refused_without_repeating_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + name, "{secret")
    section = name.partition("__")[0].lower()
    with pytest.raises(SettingsError, match=rf'"{section}".* does not hold JSON') as refused:
        load_settings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("leaf", sorted(SECRETS))
def test_a_secret_is_shown_nowhere(leaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = "opensesame"
    monkeypatch.setenv(PREFIX + leaf, f'["json://{hidden}"]' if leaf == "ALERTS__URLS" else hidden)
    settings = load_settings()
    shown = [repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()]
    shown += [str(settings.model_dump(mode="json")), repr(settings.alerts), settings.alerts.model_dump_json()]
    assert not any(hidden in text for text in shown)
    secret = value_of(settings, leaf)
    [revealed] = [item.get_secret_value() for item in (secret if isinstance(secret, tuple) else (secret,))]  # type: ignore[attr-defined]
    assert hidden in revealed, "it is there for whoever asks for it"


def test_what_holds_a_secret_is_typed_as_one() -> None:
    told = {
        leaf
        for leaf in LEAVES
        if any(word in leaf for word in ("TOKEN", "PASSWORD", "SECRET", "POSTGRES", "BROKER_", "URLS"))
    }
    assert told == SECRETS


@given(st.text(min_size=1), st.text(min_size=1))
def test_what_is_shown_does_not_depend_on_the_secret(one: str, other: str) -> None:
    first, second = Settings(api_token=SecretStr(one)), Settings(api_token=SecretStr(other))
    assert first.model_dump_json() == second.model_dump_json()
    assert repr(first) == repr(second)
    assert first.api_token is not None
    assert first.api_token.get_secret_value() == one


def test_the_example_names_exactly_the_settings() -> None:
    assert sorted(documented()) == LEAVES


@pytest.mark.parametrize("leaf", LEAVES)
def test_the_example_shows_the_default(leaf: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PREFIX + leaf, documented()[leaf])
    in_force = value_of(load_settings(), leaf)
    if leaf in EXAMPLES:
        assert in_force != value_of(Settings.model_construct(), leaf), "no example of another value"
    else:
        assert in_force == value_of(Settings.model_construct(), leaf)


def test_the_example_as_a_whole_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    for leaf, text in documented().items():
        monkeypatch.setenv(PREFIX + leaf, text)
    whole = load_settings()
    plain = {leaf: value_of(whole, leaf) for leaf in LEAVES if leaf not in EXAMPLES}
    assert plain == {leaf: value_of(Settings.model_construct(), leaf) for leaf in plain}


def test_the_example_holds_no_secret() -> None:
    assert {documented()[leaf] for leaf in SECRETS} <= {"", "[]"}


def test_what_is_in_force_cannot_be_changed() -> None:
    settings = Settings()
    with pytest.raises(ValidationError, match="frozen"):
        settings.home = Path("other")  # type: ignore[misc]
    for name in Settings.model_fields:
        section = getattr(settings, name)
        if isinstance(section, Section):
            field = next(iter(type(section).model_fields))
            with pytest.raises(ValidationError, match="frozen"):
                setattr(section, field, None)


def test_two_readings_share_no_table_of_values() -> None:
    first, second = Settings(), Settings()
    first.strategies["pcr_analysis"] = {"enter": 9.0}
    first.quality.limits["spot_jump"] = Limits(warning=0.0)
    first.quality.tolerated_share["market_snapshots"] = 1.0
    assert second.strategies == {}
    assert second.quality.limits == {}
    assert Settings().quality.tolerated_share == {"market_snapshots": 0.25}


@given(st.decimals(min_value="0.01", max_value=10**12, places=2))
def test_capital_is_exact_to_the_paisa_through_text(capital: Decimal) -> None:
    trading = TradingSettings(capital=capital)
    assert TradingSettings.model_validate_json(trading.model_dump_json()).capital == capital


def test_settings_survive_a_round_trip_through_json() -> None:
    settings = Settings(trading=TradingSettings(lots=3, max_entry_delay=timedelta(seconds=90)))
    assert Settings.model_validate_json(settings.model_dump_json()) == settings


def test_defaults_are_possible_values() -> None:
    assert Settings.model_validate(Settings().model_dump()) == Settings()
    for band in Settings().quality.spot_bands:
        assert 0 < band.low < band.high


def test_a_rate_holds_from_its_day_until_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().rate_on(date(2025, 1, 1)) == 0.065
    monkeypatch.setenv(PREFIX + "RISK_FREE_RATES", '{"2025-06-06": 0.055, "2023-02-08": 0.067}')
    found = Settings()
    days = (date(2023, 2, 7), date(2023, 2, 8), date(2025, 6, 5), date(2025, 6, 6), date(2026, 1, 1))
    assert [found.rate_on(day) for day in days] == [0.065, 0.067, 0.067, 0.055, 0.055]
