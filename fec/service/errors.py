"""What goes wrong in the service, apart from what a caller is answered (`fec.service.http.problems`)."""

from __future__ import annotations

from fec.i18n.errors import FECError


class SecretTooShort(FECError, ValueError):
    """The secret behind the keyed hashes can be guessed."""


class LimitsInvalid(FECError, ValueError):
    """An address at which nothing can be counted."""


class MerchantUnknown(FECError, LookupError):
    """This service serves no such program, or there is no such key."""


class MerchantExists(FECError, ValueError):
    """This service serves the program already."""


class SendersBusy(FECError, RuntimeError):
    """As many messages as may be are being sent for a merchant."""


class AddressRefused(FECError, ValueError):
    """The address is none that events may be sent to; the sentence says why, and is part of another."""
