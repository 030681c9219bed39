"""Turns what a contract reverts with into a ContractError: which error, with which values, and what to do about it."""

from __future__ import annotations

from functools import cache
from string import Formatter
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import function_signature_to_4byte_selector as _selector
from eth_utils.address import to_checksum_address

from fec import abi
from fec.exceptions import ContractError, InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.times import duration, local
from fec.types import NodeId
from fec.units import format_fec

#: What each error means and what to do next; `_Words` fills in its values. Errors not listed are shown as they are.
_SENTENCES: dict[str, tuple[type[ContractError], str]] = {
    "ADN_BatchTooShort": (InvalidInput, "The list has {length} entries and needs {least} at least. Name more."),
    "ADN_BudgetExceeded": (
        LimitExceeded,
        "The budget has {left:fec} of principal left, not {asked:fec}. Ask for less.",
    ),
    "ADN_MergeWithItself": (InvalidInput, "{tokenId:node} is named twice. Name each node once."),
    "ADN_NotClaimer": (
        NotAllowed,
        "{caller} may not claim from {tokenId:node} for itself. Claim for its owner, or have the owner approve it.",
    ),
    "ADN_NotIssuer": (
        NotAllowed,
        "Only {issuer} mints in program {programId}, not {caller}. Program 1 is open to all.",
    ),
    "ADN_NotOwnerOrOperator": (NotAllowed, "{caller} neither owns nor operates {tokenId:node}. Sign as its owner."),
    "ADN_NotProgramOperator": (NotAllowed, "{caller} does not operate program {programId}. Sign as its operator."),
    "ADN_NothingToClaim": (StateConflict, "{tokenId:node} has released nothing new. Come back after its next period."),
    "ADN_OriginInFuture": (
        InvalidInput,
        "The grid's origin {origin:date} lies after the present, {timestamp:date}. "
        "Give an earlier boundary of the same grid.",
    ),
    "ADN_PeriodOutOfRange": (
        InvalidInput,
        "A period of {periodLength:duration} is out of range. Choose between {least:duration} and {most:duration}.",
    ),
    "ADN_PrincipalTooSmall": (
        InvalidInput,
        "A part, or what stays, would have {principal:fec} of principal; {least:fec} is the least. Split differently.",
    ),
    "ADN_ProgramClosed": (StateConflict, "Program {programId} is closed and takes no new nodes. Use another."),
    "ADN_QuotaExceeded": (
        LimitExceeded,
        "Program {programId} has a quota of {left:fec} left, not {asked:fec}. Burn less, or have it granted more.",
    ),
    "ADN_SplitExceedsPrincipal": (
        LimitExceeded,
        "{tokenId:node} has {left:fec} of principal left, not {asked:fec}. Split off less.",
    ),
    "ADN_StateChanged": (
        StateConflict,
        "{tokenId:node} was claimed from, split or merged since you saw it. Look at it again before you take it.",
    ),
    "ADN_UnknownProgram": (NotFound, "There is no program {programId}. List the programs to see which there are."),
    "ADN_UnlikeNodes": (
        InvalidInput,
        "{tokenId:node} and {otherTokenId:node} differ in program or start. Merge nodes that agree in both.",
    ),
    "ADN_ZeroOperator": (InvalidInput, "A program needs an operator other than the zero address. Name one."),
    "ADN_ZeroPrincipal": (InvalidInput, "A node needs some principal. Burn more than nothing."),
    "Checkout_AllianceFull": (
        LimitExceeded,
        "Alliance {allianceId} has {most} members, the most it can have. Join another, or found one.",
    ),
    "Checkout_AlreadyInAlliance": (
        StateConflict,
        "Program {programId} is in alliance {allianceId} already. Leave that one first.",
    ),
    "Checkout_AmountOutOfRange": (
        InvalidInput,
        "An amount of {amount:fec} is out of range. Give more than nothing and at most {most:fec}.",
    ),
    "Checkout_BatchExhausted": (
        LimitExceeded,
        "Batch {batchId} has {left:fec} left and {asked:fec} was asked: used up, or funded with less than its sum.",
    ),
    "Checkout_BatchOpen": (
        StateConflict,
        "Batch {batchId} can be taken from until {deadline:date}. Reclaim it after that.",
    ),
    "Checkout_DeadlinePassed": (InvalidInput, "The deadline {deadline:date} has passed. Name a later one."),
    "Checkout_BatchOver": (
        StateConflict,
        "The deadline of batch {batchId} was {deadline:date}. Nothing can be taken now.",
    ),
    "Checkout_BurnShareOutOfRange": (
        InvalidInput,
        "A burn share of {burnBps} basis points is out of range. Choose between {least} and {most}.",
    ),
    "Checkout_GasTooLow": (
        InvalidInput,
        "The call has {left} gas left and needs {needed}. Send more gas, or capture fewer orders at once.",
    ),
    "Checkout_InvalidAccount": (InvalidInput, "{account} cannot be used for this. Name another account."),
    "Checkout_InvalidProof": (
        InvalidInput,
        "The proof of reward {index} does not lead to the root of batch {batchId}. Use the batch's own file of proofs.",
    ),
    "Checkout_InvalidSignature": (
        NotAllowed,
        "The invoice was not signed by {signer}, the till of program {programId}. Do not pay it; ask for a new one.",
    ),
    "Checkout_LengthOutOfRange": (
        InvalidInput,
        "The list has {length} entries. Give at least {least} and at most {most}.",
    ),
    "Checkout_NoTerms": (NotFound, "Program {programId} has set no such terms. Have its operator set some."),
    "Checkout_NotApprovedBy": (
        NotAllowed,
        "Program {memberId} of alliance {allianceId} has not approved program {candidateId}. Ask its operator to.",
    ),
    "Checkout_NotFEC": (NotAllowed, "Only the coupon hands payments over this way, not {caller}."),
    "Checkout_NotInAlliance": (StateConflict, "Program {programId} is in no alliance. Join or found one first."),
    "Checkout_NotIssuer": (
        NotAllowed,
        "Program {programId} is issued by {issuer}, not by the till. Use a program whose issuer is the till.",
    ),
    "Checkout_NotProgramOperator": (NotAllowed, "{caller} does not operate program {programId}. Sign as its operator."),
    "Checkout_NotTill": (
        NotAllowed,
        "{caller} neither operates program {programId} nor holds the key of its till. Sign as one of them.",
    ),
    "Checkout_OrderAlreadyPaid": (StateConflict, "Order {orderKey} was paid before, and is paid once only."),
    "Checkout_OrderExpired": (
        StateConflict,
        "The order could be paid until {expiry:date}; it is {timestamp:date} now. Ask for a new invoice.",
    ),
    "Checkout_OrderFinal": (StateConflict, "Order {orderKey} is final: it was captured, or refunded in whole."),
    "Checkout_PrincipalTooSmall": (
        LimitExceeded,
        "The node would have {principal:fec} of principal, less than the {least:fec} asked for. Get a new quote.",
    ),
    "Checkout_ProgramClosed": (StateConflict, "Program {programId} is closed and takes no new orders. Use another."),
    "Checkout_QuotaExceeded": (
        LimitExceeded,
        "Program {programId} has a quota of {left:fec} left that is not reserved, not {asked:fec}. "
        "Pay less, or have it granted more.",
    ),
    "Checkout_RefundTooHigh": (
        LimitExceeded,
        "Order {orderKey} has {left:fec} left to refund, not {asked:fec}. Refund that or less, but not nothing.",
    ),
    "Checkout_ReturnWindowClosed": (
        StateConflict,
        "The return window of order {orderKey} ended at {returnDeadline:date}. It can only be captured.",
    ),
    "Checkout_ReturnWindowOpen": (
        StateConflict,
        "The return window of order {orderKey} is open until {returnDeadline:date}. Capture it then.",
    ),
    "Checkout_ReturnWindowTooLong": (
        InvalidInput,
        "A return window of {returnWindow:duration} is too long. Choose {most:duration} at most.",
    ),
    "Checkout_RewardTaken": (StateConflict, "Reward {index} of batch {batchId} was taken before."),
    "Checkout_TierOutOfOrder": (
        InvalidInput,
        "Tier {index}, counted from 0, is out of order. Start at a spend of 0; let spends rise, and shares never fall.",
    ),
    "Checkout_UnknownAlliance": (NotFound, "There is no alliance {allianceId}. Found one, or look up its number."),
    "Checkout_UnknownBatch": (NotFound, "There is no batch {batchId} of rewards. Look up its number."),
    "Checkout_UnknownCause": (
        InvalidInput,
        "Program {programId} does not donate to {cause}. Pick a cause from its terms, or none.",
    ),
    "Checkout_UnknownOrder": (NotFound, "No order was paid under the key {orderKey}. Check program and order id."),
    "Checkout_WrongAmount": (InvalidInput, "{sent:fec} were sent for an order of {asked:fec}. Send just that."),
    "Custodian_Expired": (
        StateConflict,
        "The instruction was good until {deadline:date}; it is {timestamp:date} now. Have the member sign a new one.",
    ),
    "Custodian_InvalidSignature": (
        NotAllowed,
        "The member's key {key} did not sign this. Have the member sign just what is sent.",
    ),
    "Custodian_WrongCustomer": (
        InvalidInput,
        "The order's customer is {customer}, not the member's vault {vault}. A member spends for themselves only.",
    ),
    "MemberVault_NotCustodian": (NotAllowed, "Only the custodian moves what a vault holds, not {caller}."),
    "FEC_CapExceeded": (
        LimitExceeded,
        "The supply would become {supply:fec}, above the cap of {cap:fec}. Create less.",
    ),
    "FEC_CapTooHigh": (
        LimitExceeded,
        "A cap of {cap:fec} is above the highest possible, {most:fec}. Choose a lower one.",
    ),
    "FEC_NotMinter": (NotAllowed, "Only the node contract {minter} mints and burns FEC, not {caller}."),
    "ERC20InsufficientAllowance": (
        LimitExceeded,
        "{spender} may spend {allowance:fec}, not {needed:fec}. Have the holder approve more.",
    ),
    "ERC20InsufficientBalance": (
        LimitExceeded,
        "{sender} has {balance:fec}, not {needed:fec}. Get more, or use less.",
    ),
    "ERC20InvalidReceiver": (InvalidInput, "FEC cannot be sent to {receiver}. Name another account."),
    "ERC2612ExpiredSignature": (StateConflict, "The permit was good until {deadline:date}. Sign a new one."),
    "ERC2612InvalidSigner": (NotAllowed, "The permit was signed by {signer}, not by {owner}. Sign as the holder."),
    "ERC3009InvalidAuthorizationTime": (
        StateConflict,
        "The authorization is good after {validAfter:date} and before {validBefore:date}. "
        "Send it then, or sign a new one.",
    ),
    "ERC3009InvalidSignature": (
        NotAllowed,
        "The payer did not sign this payment of this order. Sign it anew; nothing of it can be changed.",
    ),
    "ERC3009UsedAuthorization": (StateConflict, "{authorizer} used or cancelled this authorization before."),
    "ERC721IncorrectOwner": (NotAllowed, "{tokenId:node} belongs to {owner}, not to {sender}. Sign as its owner."),
    "ERC721InsufficientApproval": (NotAllowed, "{operator} may not move {tokenId:node}. Sign as its owner."),
    "ERC721InvalidOwner": (InvalidInput, "{owner} owns no nodes. Name another account."),
    "ERC721InvalidReceiver": (
        InvalidInput,
        "{receiver} does not take nodes. Name an account that can hold ERC-721 tokens.",
    ),
    "ERC721NonexistentToken": (
        NotFound,
        "There is no {tokenId:node}; it was never minted, or was merged into another.",
    ),
    "OwnableInvalidOwner": (InvalidInput, "{owner} cannot own the contract. Name another account."),
    "OwnableUnauthorizedAccount": (NotAllowed, "{account} does not own the contract. Sign as its owner."),
}

#: What the Solidity compiler itself reverts with: https://docs.soliditylang.org/en/latest/control-structures.html
_BUILTIN_ERRORS: tuple[dict[str, Any], ...] = (
    {"type": "error", "name": "Error", "inputs": [{"type": "string", "name": "reason"}]},
    {"type": "error", "name": "Panic", "inputs": [{"type": "uint256", "name": "code"}]},
)


def _signature(entry: dict[str, Any]) -> str:
    # No error of these contracts takes a struct, whose type would have to be spelled out.
    return f"{entry['name']}({','.join(item['type'] for item in entry['inputs'])})"


class _Words(Formatter):
    """Shows values as people read them: `{left:fec}` takes wei, `{tokenId:node}` a token id; `date`, `duration` s."""

    def format_field(self, value: Any, format_spec: str) -> str:
        """Formats one value."""
        if format_spec == "fec":
            return f"{format_fec(value)} FEC"
        if format_spec == "node":
            return _node_name(value)
        if format_spec == "date":
            return local(value)
        if format_spec == "duration":
            return duration(value)
        return str(super().format_field(value, format_spec))


def _node_name(token_id: int) -> str:
    try:
        return f"ADN {NodeId.decode(token_id).name}"
    except ValueError:
        return f"node {token_id}"


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    """All errors of all contracts, by selector. A call passes on the errors of contracts that it calls in turn."""
    shipped = (entry for name in abi.names() for entry in abi.load(name)["abi"] if entry["type"] == "error")
    return {_selector(_signature(entry)): entry for entry in (*_BUILTIN_ERRORS, *shipped)}


def _shown(kind: str, value: Any) -> Any:
    if kind == "address":
        return to_checksum_address(value)
    return "0x" + value.hex() if isinstance(value, bytes) else value


def decode_revert(data: bytes) -> ContractError:
    """The error that a contract reverted with. Data that no contract here gives is shown as it is."""
    entry = _errors().get(data[:4])
    if entry is None:
        return ContractError("revert", {"data": "0x" + data.hex()}, "The contract refused, in terms unknown here.")
    kinds = [item["type"] for item in entry["inputs"]]
    try:
        decoded = decode(kinds, data[4:])
    except DecodingError:
        return ContractError(entry["name"], {"data": "0x" + data.hex()}, "The contract refused, in garbled terms.")
    values = {
        item["name"]: _shown(kind, value) for item, kind, value in zip(entry["inputs"], kinds, decoded, strict=True)
    }
    error, sentence = _SENTENCES.get(entry["name"], (ContractError, "The contract refused."))
    return error(entry["name"], values, _Words().format(sentence, **values))
