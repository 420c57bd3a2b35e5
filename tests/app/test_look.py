from __future__ import annotations

import re

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from app.look import DARK, LIGHT, Look, look_for, scale_for, style_sheet


def luminance(color: str) -> float:
    def linear(c: float) -> float:
        return c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4

    red, green, blue, _ = QColor(color).getRgbF()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
@pytest.mark.parametrize("role", ["text", "muted", "ok", "wait", "warn", "bad", "pulse"])
def test_words_are_readable_on_a_card_and_on_the_window(look: Look, role: str) -> None:
    """WCAG AA asks for 4.5 for text."""
    assert contrast(getattr(look, role), look.surface) >= 4.5
    assert contrast(getattr(look, role), look.background) >= 4.5


@pytest.mark.parametrize("look", [DARK, LIGHT], ids=lambda look: look.name)
def test_the_start_button_is_readable(look: Look) -> None:
    assert contrast(look.on_accent, look.accent) >= 4.5


@pytest.mark.parametrize(
    ("size", "scale"), [((1280, 720), 1.0), ((1920, 1080), 1.25), ((3840, 2160), 2.5)]
)
def test_text_grows_with_the_window(size: tuple[int, int], scale: float) -> None:
    assert scale_for(*size) == scale


def test_a_narrow_tall_window_keeps_small_text() -> None:
    assert scale_for(1280, 2160) == 1.0


def test_the_style_sheet_is_filled_in_and_scaled(qapp: QApplication) -> None:
    small, large = style_sheet(DARK), style_sheet(DARK.scaled(2.0))
    assert not re.search(r"\$\w", small)
    assert "font-size: 13px" in small
    assert "font-size: 26px" in large


def test_themes_by_name(qapp: QApplication) -> None:
    assert look_for("dark") is DARK
    assert look_for("light") is LIGHT
    assert look_for("system") in (DARK, LIGHT)
