"""Colours reach the contrast of WCAG 2.2 AA in light, in dark and on paper, and come from one place."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import product

import pytest

CSS = (files("trading_assets.report") / "templates" / "tear_sheet.css").read_text(encoding="utf-8")
TEXT, GRAPHIC = 4.5, 3.0
TINTS = [f"{side}-{level}" for side, level in product(("gain", "loss"), range(1, 5))]


def variables(block: str) -> dict[str, str]:
    """The colours of a block."""
    return dict(re.findall(r"--([a-z][a-z0-9-]*):\s*(#[0-9a-f]{3,6})", block))


def themes() -> dict[str, dict[str, str]]:
    """Colours of each theme; dark and print lie over light."""
    light, dark, printed = (variables(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
    return {"light": light, "dark": light | dark, "print": light | printed}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_formula_agrees_with_known_ratios() -> None:
    assert contrast("#000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_text_can_be_read(theme: str) -> None:
    colours = themes()[theme]
    pairs = [*product(("ink", "quiet", "line", "gain", "loss", "warn"), ("paper", "card"))]
    pairs += [("ink", tint) for tint in TINTS]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_lines_and_marks_can_be_seen(theme: str) -> None:
    colours = themes()[theme]
    pairs = [
        *product(("line", "gain", "loss", "warn", "quiet", "mark"), ("paper",)),
        ("line", "loss-1"),
        ("loss", "loss-2"),
    ]
    found = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in found.items() if ratio < GRAPHIC} == {}


def test_every_theme_gives_every_colour() -> None:
    light, dark, printed = (set(variables(block)) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
    assert dark == light == printed


def test_colours_come_from_the_variables_only() -> None:
    outside = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", outside) == []


def test_every_variable_is_defined_and_used() -> None:
    defined = set(re.findall(r"--([a-z0-9-]+):", CSS))
    used = set(re.findall(r"var\(--([a-z0-9-]+)\)", CSS))
    assert used <= defined
    assert defined <= used


def test_there_is_one_typographic_scale() -> None:
    sizes = set(re.findall(r"font-size: ([^;]+);", re.sub(r"@media print.*", "", CSS, flags=re.DOTALL)))
    assert {size for size in sizes if not re.fullmatch(r"var\(--s-?\d\)|clamp\(.*var\(--s5\)\)", size)} == set()


def test_light_dark_narrow_and_print_are_cared_for() -> None:
    for media in ("prefers-color-scheme: dark", "max-width: 40rem", "@media print"):
        assert media in CSS
