"""What people read, in four languages: English (the source), 简体中文, 繁體中文 and Bahasa Melayu.

Sentences are written once, in English, with places for values:

    from fec.i18n import _, ngettext
    _("Sent {amount:fec} to {to}.", amount=wei, to=address)
    ngettext("{count:number} node", "{count:number} nodes", count)
    raise InvalidArgument("{text!r} is not hex.", text=text)      # errors of the package are sentences themselves

`N_` marks a sentence that is translated elsewhere; `Message` is English text with its translations.
Places: `{x:fec}` takes wei, `{x:number}` an integer, `{x:percent}` basis points, `{x:node}` a token id, `{x:date}`
seconds since the epoch, `{x:duration}` seconds; `{x}` and `{x!r}` are Python's own.

A program speaks one language; a server answers each request in its reader's, since the language is a context variable:

    with i18n.use(i18n.negotiate(request.headers.get("accept-language"))):
        body = {"title": _(title), "detail": str(error)}  # or error.localized(locale)
        headers = {"Content-Language": i18n.language_tag(i18n.current()), "Vary": "Accept-Language"}

A thread speaks a request's language within a copy of its context (`asyncio.to_thread` and Starlette's thread pool make
one). Logs stay English: `error.args[0]` is English whatever is spoken.

`python -m tools.messages` extracts the sentences, updates the catalogs and compiles them; with `--check` it only says
whether they are complete and fresh. `GLOSSARY.md` has the words that each language uses for the protocol's own.
"""

from __future__ import annotations

from fec.i18n.catalogs import (
    LOCALES,
    NAMES,
    SOURCE,
    current,
    find,
    language_tag,
    negotiate,
    of_environment,
    use,
)
from fec.i18n.formats import N_, Message, _, amount, decimal, duration, local, ngettext, number, percent

__all__ = [
    "LOCALES",
    "NAMES",
    "N_",
    "SOURCE",
    "Message",
    "_",
    "amount",
    "current",
    "decimal",
    "duration",
    "find",
    "language_tag",
    "local",
    "negotiate",
    "ngettext",
    "number",
    "of_environment",
    "percent",
    "use",
]
