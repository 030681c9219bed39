"""The languages, how one is chosen, which is spoken now, and the catalogs of sentences."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources

from babel.core import get_global, parse_locale

DOMAIN = "fec"
SOURCE = "en"
#: The languages by their names in themselves.
NAMES = {SOURCE: "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文", "ms": "Bahasa Melayu"}
LOCALES = tuple(NAMES)

#: Codes by which browsers and systems name one of the languages more closely.
_ALIASES = {"cmn": "zh", "yue": "zh", "zsm": "ms"}
_VARIABLES = ("FEC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_QUALITY = re.compile(r"q\s*=\s*([01])(?:\.(\d{0,3}))?", re.ASCII | re.IGNORECASE)

_current: ContextVar[str] = ContextVar("fec_language", default=SOURCE)


def current() -> str:
    """The language spoken now; English unless `use` has chosen another."""
    return _current.get()


def use(locale: str) -> AbstractContextManager[object]:
    """Speaks a language from here on; as a context manager, until its end.

    Raises ValueError for a language other than LOCALES; `find` and `negotiate` give one of them.
    """
    if locale not in LOCALES:
        raise ValueError(f"{locale!r} is none of {', '.join(LOCALES)}.")
    until = ExitStack()
    until.callback(_current.reset, _current.set(locale))
    return until


def find(tag: str) -> str | None:
    """The language that a tag names, in any spelling (`zh-HK`, `zh_TW.UTF-8`, `ms`); None for one that is not here.

    Chinese goes by its script, which CLDR's likely subtags give for a territory: Babel's own negotiation knows no
    catalog for zh_TW.
    """
    try:
        language, territory, script, *_ = parse_locale(re.split("[.@]", tag.strip())[0].replace("-", "_"))
    except ValueError:
        return None
    likely: Mapping[str, str] = get_global("likely_subtags")
    macro = _ALIASES.get(language, language)
    names = (f"{language}_{territory}", f"{macro}_{territory}", language, macro)
    _, _, usual, *_ = parse_locale(next((likely[name] for name in names if name in likely), macro))
    return next((locale for locale in (f"{macro}_{script or usual}", macro) if locale in LOCALES), None)


def negotiate(wanted: str | None) -> str:
    """The best language for an Accept-Language header, or for one tag; English if none that is wanted is here."""
    ranges = []
    for item in (wanted or "").split(","):
        tag, _, parameter = item.partition(";")
        quality = _QUALITY.fullmatch(parameter.strip()) if parameter.strip() else None
        weight = int(quality[1] + (quality[2] or "").ljust(3, "0")) if quality else 1_000
        if weight and (locale := find(tag)):
            ranges.append((weight, locale))
    # The first of those that are wanted most.
    return max(ranges, key=lambda found: found[0], default=(0, SOURCE))[1]


def of_environment(environment: Mapping[str, str]) -> str:
    """The language of a terminal: by FEC_LANG, or else by LC_ALL, LC_MESSAGES or LANG, as other programs have it."""
    return negotiate(next((value for name in _VARIABLES if (value := environment.get(name))), None))


def language_tag(locale: str) -> str:
    """A language as HTTP and HTML name it (BCP 47): `zh-Hant`."""
    return locale.replace("_", "-")


@cache
def catalog(locale: str) -> NullTranslations:
    """The sentences of a language; the source has no catalog, and gives each as it is."""
    if locale == SOURCE:
        return NullTranslations()
    with (resources.files("fec.i18n") / "locales" / locale / "LC_MESSAGES" / f"{DOMAIN}.mo").open("rb") as file:
        return GNUTranslations(file)
