"""Colours of the charts, light and dark, told apart by lightness alone; and the fonts of each language.

A specification names a colour by what it is for (`$supply`). `contrast` measures two colours as WCAG 2 does.
"""

from __future__ import annotations

from collections.abc import Mapping

from fec.i18n import LOCALES

LIGHT = {
    "paper": "#ffffff",
    "lowest": "#eef4f9",
    "ink": "#14202b",
    "quiet": "#56616b",
    "grid": "#e6e9ec",
    "axis": "#8a949c",
    "strong": "#12456f",
    "middle": "#5d97c4",
    "pale": "#c3dcee",
}
DARK = {
    "paper": "#10171d",
    "lowest": "#1a2935",
    "ink": "#f1f4f6",
    "quiet": "#a9b4bd",
    "grid": "#28323a",
    "axis": "#74808a",
    "strong": "#cfe6f7",
    "middle": "#6aa3cf",
    "pale": "#28506e",
}
THEMES: Mapping[str, Mapping[str, str]] = {"light": LIGHT, "dark": DARK}

_LATIN = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"
#: Families that browsers look for first to last; a PNG uses the first of each.
FONTS = {
    **dict.fromkeys(LOCALES, _LATIN),
    "zh_Hans": "Noto Sans CJK SC, Noto Sans SC, Source Han Sans SC, PingFang SC, Microsoft YaHei, sans-serif",
    "zh_Hant": "Noto Sans CJK TC, Noto Sans TC, Source Han Sans TC, PingFang TC, Microsoft JhengHei, sans-serif",
}


#: sRGB is linear up to here (WCAG 2).
_LINEAR_UP_TO = 0.03928


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, from 0 to 1 (WCAG 2)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21 (WCAG 2); the same in greyscale."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)
