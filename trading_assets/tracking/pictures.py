"""Two small pictures of a model as SVG text: whether its probabilities come true, and what its features are worth."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from trading_assets.models.fit_quality import CalibrationBin

_SIDE, _MARGIN = 400.0, 50.0
_NAMES, _BARS, _ROW = 140.0, 400.0, 26.0
_INK, _SOFT, _MARK, _LOSS = "#222", "#bbb", "#1f6feb", "#b35900"


def calibration_picture(curve: Sequence[CalibrationBin]) -> str:
    """Draw what was said (across) against what happened (up), 0 to 1 each; on the diagonal they agree.

    Args:
        curve: Out-of-sample bins, b ≥ 0; a point's area shows its rows.
    """
    most = max((b.rows for b in curve), default=1)
    parts = [_line((0.0, 0.0), (1.0, 1.0), _SOFT)]
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [_line((share, 0.0), (share, 0.012), _INK), _line((0.0, share), (0.012, share), _INK)]
        parts += [
            _text(*_place(share, -0.05), f"{share:g}", "middle"),
            _text(*_place(-0.02, share), f"{share:g}", "end"),
        ]
    for found in curve:
        x, y = _place(found.mean_probability, found.win_rate)
        radius = 3.0 + 7.0 * (found.rows / most) ** 0.5
        told = f"said {found.mean_probability:.3f}, won {found.win_rate:.3f}, {found.rows} signals"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{_MARK}"><title>{told}</title></circle>'
        )
    parts += [_line((0.0, 0.0), (1.0, 0.0), _INK), _line((0.0, 0.0), (0.0, 1.0), _INK)]
    parts.append(_text(*_place(0.5, -0.11), "probability said, out of sample", "middle"))
    parts.append(_text(*_place(0.02, 1.03), "share that won", "start"))
    return _svg(_SIDE + 2 * _MARGIN, _SIDE + 2 * _MARGIN, "Calibration", parts)


def importance_picture(importance: Mapping[str, float]) -> str:
    """Draw a bar per feature, the dearest on top: nats by which the log-loss rises when it is shuffled.

    Args:
        importance: Nats by feature, any sign; below 0 is chance and drawn to the left.
    """
    ordered = sorted(importance.items(), key=lambda item: (-item[1], item[0]))
    widest = max((abs(value) for _, value in ordered), default=0.0) or 1.0
    parts = []
    for number, (name, value) in enumerate(ordered):
        top, wide = 10.0 + number * _ROW, abs(value) / widest * _BARS * 0.5
        left = _NAMES + _BARS * 0.5 - (wide if value < 0.0 else 0.0)
        colour = _LOSS if value < 0.0 else _MARK
        parts.append(f'<rect x="{left:.1f}" y="{top:.1f}" width="{wide:.1f}" height="{_ROW - 8:.1f}" fill="{colour}"/>')
        parts.append(_text(_NAMES - 8.0, top + 14.0, name, "end"))
        parts.append(_text(_NAMES + _BARS, top + 14.0, f"{value:+.4f}", "end"))
    return _svg(_NAMES + _BARS + 10.0, 20.0 + len(ordered) * _ROW, "Importance of the features, nats", parts)


def _place(across: float, up: float) -> tuple[float, float]:
    return _MARGIN + across * _SIDE, _MARGIN + (1.0 - up) * _SIDE


def _line(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    (x1, y1), (x2, y2) = _place(*start), _place(*end)
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{_INK}">{escape(words)}</text>'


def _svg(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    box = f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} font-family="sans-serif" font-size="12">'
    paper = '<rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", paper, *parts, "</svg>\n"])
