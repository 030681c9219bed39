"""What goes over the wire. Amounts are exact decimals of FEC as text, times are seconds since the epoch."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from fec.protocol.addresses import checked_address

#: Digits of an amount that is asked for: up to ten before the point, and up to eighteen after it; not zero.
AMOUNT = r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,9})(\.[0-9]{1,18})?$"
SHARE = r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,18})?$"
EXACT = r"^(0|[1-9][0-9]*)(\.[0-9]{1,18})?$"
#: Fits the 32 bytes that it has on the chain.
ORDER_ID = r"^[!-~]([ -~]{0,30}[!-~])?$"
REFERENCE = r"^([ -~]{0,32}|[ -~\u00a1-\ud7ff\uf900-\ufffd]{0,10})$"
#: Databases keep no zero characters.
TEXT = r"^[^\u0000]*$"
ACCOUNT = "^0x[0-9a-fA-F]{40}$"
IDENTITY = "^[A-Za-z0-9_-]{22}$"
SIGNATURE = "^0x([0-9a-fA-F]{2}){0,2048}$"
HASH = "^0x[0-9a-f]{64}$"
#: Up to ten digits before the point and six after it; not zero.
MONEY = r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,9})(\.[0-9]{1,6})?$"
#: FEC for a unit of money: with so few decimals that a millionth of a unit is a whole number of wei.
RATE = r"^(?!0(\.0+)?$)(0|[1-9][0-9]{0,9})(\.[0-9]{1,12})?$"
CURRENCY = "^[A-Z][A-Z0-9]{2,11}$"
PAID_BY = "^[a-z][a-z0-9-]{0,31}$"
#: 128 bits in base 32.
CODE = "^[a-z2-7]{26}$"

FecText = Annotated[str, Field(pattern=AMOUNT, max_length=29, examples=["12.5"], description="FEC, exact, not zero.")]
FecOrZero = Annotated[str, Field(pattern=SHARE, max_length=29, examples=["0"], description="FEC, exact.")]
#: What the service says: allowances, sums and what others ask of the chain know no bound.
Fec = Annotated[str, Field(pattern=EXACT, examples=["12.5"], description="FEC, exact.")]
Account = Annotated[
    str,
    Field(
        pattern=ACCOUNT,
        json_schema_extra={"format": "address"},
        examples=["0x70997970C51812dc3A010C7d01b50e0d17dc79C8"],
        description="An account, with its checksum if it has capitals (EIP-55).",
    ),
    AfterValidator(checked_address),
]


def whole(value: Any) -> Any:
    """JSON knows one kind of number: 900.0 is as whole as 900."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# Bounds come before the validator: behind it, the description would not have them.
TokenIdText = Annotated[str, Field(pattern="^[1-9][0-9]{0,76}$", description="A node's token id.")]
Seconds = Annotated[int, Field(ge=0, le=2**53 - 1, description="Seconds since the epoch."), BeforeValidator(whole)]
Sequence = Annotated[int, Field(ge=0, le=2**53 - 1), BeforeValidator(whole)]
Program = Annotated[int, Field(ge=1, le=2**32 - 1), BeforeValidator(whole)]
Identity = Annotated[str, Field(pattern=IDENTITY, description="As the service gave it.")]
Signature = Annotated[str, Field(pattern=SIGNATURE, description="Bytes in hex.")]
Signer = Annotated[
    str,
    Field(
        pattern="^0x([0-9a-fA-F]{2}){20,256}$",
        description="Who signs (ERC-7913): an account, or a verifier's address and a key. To act is to reveal it.",
    ),
]
Hash = Annotated[str, Field(pattern=HASH)]
OrderId = Annotated[str, Field(pattern=ORDER_ID, max_length=32, examples=["A-1027"])]


class Model(BaseModel):
    """What is sent and received: names in camel case."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True, regex_engine="python-re"
    )

    def dump(self) -> dict[str, Any]:
        """For JSON, as it goes over the wire: what is kept of answers, and what events carry."""
        return self.model_dump(mode="json", by_alias=True)


class Request(Model):
    """What callers send: nothing but what is named here, and each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class AsOf(Model):
    """What an answer is as of."""

    block: int = Field(description="Last block that the index had.")
    block_hash: str | None = Field(description="That block's hash; null while the index has read none.")
    timestamp: Seconds = Field(description="The chain's time, by which nodes release.")


class Problem(Model):
    """What went wrong (RFC 9457), and what to do next."""

    type: str = Field(examples=["urn:fec:problem:invoice-expired"])
    title: str
    status: int
    detail: str
    error: str | None = Field(description="Name of the contract's error, if a contract refused.")
    values: dict[str, Any] = Field(description="What the detail speaks of; whole numbers as text.")
    request_id: str | None = Field(description="To be named when the problem is reported.")
