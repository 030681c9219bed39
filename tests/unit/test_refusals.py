"""Custom errors, decoded."""

import builtins
import inspect

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_signature_to_4byte_selector

from fec.core.durations import DAY, WEEK
from fec.core.node_id import NodeId
from fec.i18n import errors, local
from fec.i18n.errors import (
    ContractError,
    FECError,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    StateConflict,
)
from fec.protocol import abi, refusals
from fec.protocol.refusals import decode_revert, error_name

TOKEN_ID = NodeId(1, WEEK, 345_600, 10**21, 7).token_id
CALLER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def revert(signature: str, *values: object) -> bytes:
    kinds = [kind for kind in signature.partition("(")[2].rstrip(")").split(",") if kind]
    return function_signature_to_4byte_selector(signature) + encode(kinds, values)


@pytest.mark.parametrize(
    ("data", "kind", "name", "values", "sentence"),
    [
        (
            revert("ADN_QuotaExceeded(uint256,uint256,uint256)", 3, 5 * 10**18, 10**17),
            LimitExceeded,
            "ADN_QuotaExceeded",
            {"programId": 3, "asked": 5 * 10**18, "left": 10**17},
            "Program 3 has 0.1 FEC of quota left, less than 5 FEC.",
        ),
        (
            revert("ADN_NotClaimer(uint256,address)", TOKEN_ID, CALLER),
            NotAllowed,
            "ADN_NotClaimer",
            {"tokenId": TOKEN_ID, "caller": CALLER},
            f"{CALLER} may not claim for itself from ADN 1-7.",
        ),
        (
            revert("ERC721NonexistentToken(uint256)", 5),
            NotFound,
            "ERC721NonexistentToken",
            {"tokenId": 5},
            "There is no node 5:",
        ),
        (
            revert("Checkout_DeadlinePassed(uint256,uint256)", 1_700_000_000, 1_700_000_001),
            InvalidInput,
            "Checkout_DeadlinePassed",
            {"deadline": 1_700_000_000, "timestamp": 1_700_000_001},
            f"The deadline {local(1_700_000_000)} has passed.",
        ),
        (
            revert("Checkout_ReturnWindowTooLong(uint256,uint256)", 90 * DAY + 60, 90 * DAY),
            InvalidInput,
            "Checkout_ReturnWindowTooLong",
            {"returnWindow": 90 * DAY + 60, "most": 90 * DAY},
            "A return window of 90 days 1 minute is too long. Choose at most 90 days.",
        ),
        (revert("ADN_ZeroPrincipal()"), InvalidInput, "ADN_ZeroPrincipal", {}, "A node needs principal."),
        (
            revert("ADN_StateChanged(uint256,bytes32,bytes32)", TOKEN_ID, b"\1" * 32, b"\2" * 32),
            StateConflict,
            "ADN_StateChanged",
            {"tokenId": TOKEN_ID, "expected": "0x" + "01" * 32, "actual": "0x" + "02" * 32},
            "ADN 1-7 was claimed from, split or merged since you last saw it.",
        ),
        (
            revert("ERC20InsufficientBalance(address,uint256,uint256)", CALLER, 0, 10**18),
            LimitExceeded,
            "ERC20InsufficientBalance",
            {"sender": CALLER, "balance": 0, "needed": 10**18},
            f"{CALLER} has 0 FEC, but needs 1 FEC.",
        ),
        (revert("Panic(uint256)", 0x11), ContractError, "Panic", {"code": 0x11}, "The contract refused."),
        (revert("Error(string)", "no"), ContractError, "Error", {"reason": "no"}, "The contract refused."),
        (b"\xde\xad\xbe\xef", ContractError, "revert", {"data": "0xdeadbeef"}, "with an unknown error."),
        (b"", ContractError, "revert", {"data": "0x"}, "with an unknown error."),
        (
            revert("ADN_ProgramClosed(uint256)", 1)[:20],
            ContractError,
            "ADN_ProgramClosed",
            {"data": "0x" + revert("ADN_ProgramClosed(uint256)", 1)[:20].hex()},
            "with an unreadable error.",
        ),
    ],
)
def test_decode_revert__carries_name_values_and_advice(
    data: bytes, kind: type[ContractError], name: str, values: dict[str, object], sentence: str
) -> None:
    error = decode_revert(data)
    assert type(error) is kind
    assert (error.name, error.values) == (name, values)
    assert sentence in str(error)


@pytest.mark.parametrize(
    "data",
    [
        revert("ERC721NonexistentToken(uint256)", 7),
        revert("ERC721NonexistentToken(uint256)", 7)[:4],
        revert("Error(string)", "no"),
        b"\x12\x34\x56\x78",
        b"",
    ],
    ids=["whole", "selector alone", "of the compiler", "unknown", "nothing"],
)
def test_error_name__any_data__is_the_name_that_is_decoded(data: bytes) -> None:
    assert error_name(data) == decode_revert(data).name


def test_sentences__errors_of_the_contracts__each_has_one() -> None:
    own = {entry["name"] for name in abi.names() for entry in abi.load(name)["abi"] if entry["type"] == "error"}
    prefixes = (*(f"{name}_" for name in abi.names()), "MemberVault_")
    assert {name for name in own if name.startswith(prefixes)} <= refusals._SENTENCES.keys()


def test_sentences__each__can_be_filled_in() -> None:
    zeros = {"address": CALLER, "bytes": b"", "bytes32": b"\0" * 32, "uint8": 0, "uint256": 0}
    for entry in refusals._errors().values():
        if entry["name"] in refusals._SENTENCES:
            kinds = [item["type"] for item in entry["inputs"]]
            signature = f"{entry['name']}({','.join(kinds)})"
            assert decode_revert(revert(signature, *(zeros[kind] for kind in kinds))).name == entry["name"]


def test_exceptions__each__is_a_fec_error_and_a_builtin() -> None:
    kinds = [
        kind
        for _, kind in inspect.getmembers(errors, inspect.isclass)
        if kind.__module__ == errors.__name__ and kind is not FECError
    ]
    builtin_errors = {
        error
        for _, error in inspect.getmembers(builtins, inspect.isclass)
        if issubclass(error, Exception) and error is not Exception
    }
    assert all(issubclass(kind, FECError) and builtin_errors & set(kind.__mro__) for kind in kinds)
