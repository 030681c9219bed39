"""What is wrong with a request's values: what pydantic finds, in sentences that can be put into a language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fec.i18n import N_, Message
from fec.service.http import schemas

_WHOLE = N_("it has to be a whole number")
_OBJECT = N_("it has to be an object")

#: By pydantic's type of error; places are for what it tells along.
_SENTENCES = {
    "missing": N_("it is missing"),
    "extra_forbidden": N_("there is no such field here"),
    "json_invalid": N_("it is not JSON"),
    "string_type": N_("it has to be text"),
    "string_pattern_mismatch": N_("it is not of the form {pattern}"),
    "string_too_long": N_("it has more than {max_length} characters"),
    "string_too_short": N_("it has fewer than {min_length} characters"),
    "too_long": N_("it has more than {max_length} entries"),
    "too_short": N_("it has fewer than {min_length} entries"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "finite_number": _WHOLE,
    "greater_than_equal": N_("it has to be {ge} at least"),
    "less_than_equal": N_("it has to be {le} at most"),
    "list_type": N_("it has to be a list"),
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "literal_error": N_("it has to be one of: {expected}"),
    "enum": N_("it has to be one of: {expected}"),
    # The one validator of our own is that of accounts.
    "value_error": N_("it is no account, or its checksum is wrong"),
}
#: What a regular expression would not tell people.
_FORMS = {
    schemas.AMOUNT: N_("write FEC in digits, more than nothing, with at most 18 decimals, as text: 12.5"),
    schemas.SHARE: N_("write FEC in digits, with at most 18 decimals, as text: 12.5"),
    schemas.ACCOUNT: N_("write an account as 0x and 40 hex digits"),
    schemas.ORDER_ID: N_("write 1 to 32 letters, digits and signs of ASCII"),
    schemas.REFERENCE: N_("write 32 characters of ASCII at most, or 10 of any"),
    schemas.TEXT: N_("it holds a zero character; leave that out"),
    schemas.IDENTITY: N_("write the id as the service gave it"),
    schemas.SIGNATURE: N_("write a signature as 0x and hex digits"),
    schemas.MONEY: N_("write an amount in digits, more than nothing, with at most 6 decimals, as text: 12.50"),
    schemas.RATE: N_("write FEC in digits, more than nothing, with at most 12 decimals, as text: 100"),
    schemas.CURRENCY: N_("write a currency's code in capitals: MYR"),
    schemas.PAID_BY: N_("write 1 to 32 lower-case letters, digits and hyphens: cash"),
    schemas.CODE: N_("write the 26 letters and digits that stand behind code= in the link"),
    schemas.HASH: N_("write 0x and 64 hex digits in lower case"),
}


def sentence_of(error: Mapping[str, Any]) -> str:
    """One of pydantic's findings, as a `Message`; its own words, if it is of a kind that is not foreseen."""
    told = error.get("ctx", {})
    sentence = _FORMS.get(told.get("pattern", "")) or _SENTENCES.get(error["type"])
    return str(error["msg"]) if sentence is None else Message(sentence, **told)
