"""Turns what a contract reverts with into a ContractError: which error, with which values, and what to do about it."""

from __future__ import annotations

from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import function_signature_to_4byte_selector as _selector
from eth_utils.address import to_checksum_address

from fec.i18n import N_
from fec.i18n.errors import ContractError, InvalidInput, LimitExceeded, NotAllowed, NotFound, StateConflict
from fec.protocol import abi

#: What each error means and what to do next, with places for its values (`fec.i18n`).
_SENTENCES: dict[str, tuple[type[ContractError], str]] = {
    "ADN_AlreadyOpened": (
        StateConflict,
        N_("{tokenId:node} was opened before. Nothing is left to do: its owner has it."),
    ),
    "ADN_BatchTooLong": (
        InvalidInput,
        N_("The list has {length} entries but may have {most} at most. Divide it into several."),
    ),
    "ADN_BatchTooShort": (InvalidInput, N_("The list has {length} entries but needs at least {least}. Name more.")),
    "ADN_BudgetExceeded": (
        LimitExceeded,
        N_("The budget has {left:fec} of principal left, less than {asked:fec}. Ask for less."),
    ),
    "ADN_InvalidPermit": (
        NotAllowed,
        N_("{owner} did not sign this permit, or signed another in the meantime. Ask the owner to sign it anew."),
    ),
    "ADN_InvalidProof": (
        InvalidInput,
        N_(
            "The proof of leaf {index} does not match settlement {settlementId}. Check owner and principal, and make "
            "the proof again from the settlement's event."
        ),
    ),
    "ADN_LeafCutOff": (
        InvalidInput,
        N_("The leaves have {length} bytes, no multiple of {leafLength}. Give each leaf whole: owner and principal."),
    ),
    "ADN_LeafTooSmall": (
        InvalidInput,
        N_(
            "Leaf {index} has {principal:fec} of principal, below the minimum of {least:fec}. Leave it out, or put it "
            "together with another of its owner."
        ),
    ),
    "ADN_LeafWithoutOwner": (
        InvalidInput,
        N_("Leaf {index} has the zero address for an owner. Name its owner, or leave it out."),
    ),
    "ADN_MergeWithItself": (InvalidInput, N_("{tokenId:node} is named twice. Name each node once.")),
    "ADN_NoSuchLeaf": (
        NotFound,
        N_("Settlement {settlementId} has {count} leaves, counted from 0, and no leaf {index}. Name one of these."),
    ),
    "ADN_NotClaimer": (
        NotAllowed,
        N_(
            "{caller} may not claim for itself from {tokenId:node}. Claim for its owner, or ask the owner for an "
            "approval."
        ),
    ),
    "ADN_NotIssuer": (
        NotAllowed,
        N_("Only {issuer} may mint in program {programId}, not {caller}. Anybody may mint in program 1."),
    ),
    "ADN_NotOwnerOrOperator": (NotAllowed, N_("{caller} neither owns nor operates {tokenId:node}. Sign as its owner.")),
    "ADN_NotProgramOperator": (NotAllowed, N_("{caller} does not operate program {programId}. Sign as its operator.")),
    "ADN_NothingToClaim": (
        StateConflict,
        N_("{tokenId:node} has nothing to claim. Claim again after its next period."),
    ),
    "ADN_OriginInFuture": (
        InvalidInput,
        N_("The origin {origin:date} is in the future; it is now {timestamp:date}. Give an earlier period boundary."),
    ),
    "ADN_PermitExpired": (
        StateConflict,
        N_("The permit expired at {deadline:date}; it is now {timestamp:date}. Ask the owner to sign a new one."),
    ),
    "ADN_PeriodOutOfRange": (
        InvalidInput,
        N_("A period of {periodLength:duration} is out of range. Choose between {least:duration} and {most:duration}."),
    ),
    "ADN_PrincipalTooLarge": (
        InvalidInput,
        N_("A principal of {principal:fec} is above {most:fec}, the most a node can have. Check the amount."),
    ),
    "ADN_PrincipalTooSmall": (
        InvalidInput,
        N_("A part would have {principal:fec} of principal, below the minimum of {least:fec}. Split differently."),
    ),
    "ADN_ProgramClosed": (StateConflict, N_("Program {programId} is closed and takes no new nodes. Use another.")),
    "ADN_QuotaExceeded": (
        LimitExceeded,
        N_(
            "Program {programId} has {left:fec} of quota left, less than {asked:fec}. Burn less, or ask for more quota."
        ),
    ),
    "ADN_SplitExceedsPrincipal": (
        LimitExceeded,
        N_("{tokenId:node} has {left:fec} of principal left, less than {asked:fec}. Split off less."),
    ),
    "ADN_StateChanged": (
        StateConflict,
        N_(
            "{tokenId:node} was claimed from, split or merged since you last saw it. Check it again before the "
            "transfer."
        ),
    ),
    "ADN_UnknownProgram": (NotFound, N_("There is no program {programId}. `fec program list` shows all programs.")),
    "ADN_UnknownSettlement": (
        NotFound,
        N_("There is no settlement {settlementId}. Take its id from the event NodesSettled."),
    ),
    "ADN_UnlikeNodes": (
        InvalidInput,
        N_(
            "{tokenId:node} and {otherTokenId:node} differ in program or start. Merge only nodes with the same "
            "program and start."
        ),
    ),
    "ADN_ZeroOperator": (InvalidInput, N_("A program needs an operator other than the zero address. Name one.")),
    "ADN_ZeroPrincipal": (InvalidInput, N_("A node needs principal. Burn an amount above 0.")),
    "Checkout_AllianceFull": (
        LimitExceeded,
        N_("Alliance {allianceId} has the maximum of {most} members. Join another, or found one."),
    ),
    "Checkout_AlreadyInAlliance": (
        StateConflict,
        N_("Program {programId} is already in alliance {allianceId}. Leave that one first."),
    ),
    "Checkout_AmountOutOfRange": (
        InvalidInput,
        N_("An amount of {amount:fec} is out of range. Give an amount above 0 and at most {most:fec}."),
    ),
    "Checkout_BatchExhausted": (
        LimitExceeded,
        N_(
            "Batch {batchId} has {left:fec} left, less than {asked:fec}. It is used up, or was funded with less "
            "than its total."
        ),
    ),
    "Checkout_BatchOpen": (
        StateConflict,
        N_("Rewards of batch {batchId} can be taken until {deadline:date}. Reclaim the rest after that."),
    ),
    "Checkout_DeadlinePassed": (InvalidInput, N_("The deadline {deadline:date} has passed. Name a later one.")),
    "Checkout_BatchOver": (
        StateConflict,
        N_("The deadline of batch {batchId} was {deadline:date}. Its rewards can no longer be taken."),
    ),
    "Checkout_BurnShareOutOfRange": (
        InvalidInput,
        N_("A burn share of {burnBps} basis points is out of range. Choose between {least} and {most}."),
    ),
    "Checkout_GasTooLow": (
        InvalidInput,
        N_("The call has {left} gas left and needs {needed}. Send more gas, or capture fewer orders at once."),
    ),
    "Checkout_InvalidAccount": (InvalidInput, N_("{account} cannot be used for this. Name another account.")),
    "Checkout_InvalidProof": (
        InvalidInput,
        N_(
            "The proof of reward {index} does not match the root of batch {batchId}. Use the proofs file of this batch."
        ),
    ),
    "Checkout_InvalidSignature": (
        NotAllowed,
        N_(
            "The invoice was not signed by {signer}, the signer of program {programId}. Do not pay it. Ask for a "
            "new one."
        ),
    ),
    "Checkout_LengthOutOfRange": (
        InvalidInput,
        N_("The list has {length} entries. Give at least {least} and at most {most}."),
    ),
    "Checkout_NoTerms": (NotFound, N_("Program {programId} has no such terms. Ask its operator to set terms.")),
    "Checkout_NotApprovedBy": (
        NotAllowed,
        N_(
            "Program {memberId} of alliance {allianceId} has not approved program {candidateId}. Ask its operator "
            "for an approval."
        ),
    ),
    "Checkout_NotFEC": (
        NotAllowed,
        N_("Only the FEC contract may call this, not {caller}. Pay with `transferAndCall` of FEC."),
    ),
    "Checkout_NotInAlliance": (StateConflict, N_("Program {programId} is in no alliance. Join or found one first.")),
    "Checkout_NotIssuer": (
        NotAllowed,
        N_("The issuer of program {programId} is {issuer}, not Checkout. Use a program whose issuer is Checkout."),
    ),
    "Checkout_NotProgramOperator": (
        NotAllowed,
        N_("{caller} does not operate program {programId}. Sign as its operator."),
    ),
    "Checkout_NotSignerOrOperator": (
        NotAllowed,
        N_("{caller} is neither the operator nor the signer of program {programId}. Sign as one of them."),
    ),
    "Checkout_OrderAlreadyPaid": (
        StateConflict,
        N_("Order {orderKey} is already paid. An order can be paid only once. Check its status."),
    ),
    "Checkout_OrderExpired": (
        StateConflict,
        N_("The invoice expired at {expiry:date}; it is now {timestamp:date}. Ask for a new invoice."),
    ),
    "Checkout_OrderFinal": (StateConflict, N_("Order {orderKey} is final: it was captured, or refunded in full.")),
    "Checkout_PrincipalTooSmall": (
        LimitExceeded,
        N_("The node would have {principal:fec} of principal, less than the minimum of {least:fec}. Get a new quote."),
    ),
    "Checkout_ProgramClosed": (
        StateConflict,
        N_("Program {programId} is closed and takes no new orders. Use another."),
    ),
    "Checkout_QuotaExceeded": (
        LimitExceeded,
        N_(
            "Program {programId} has {left:fec} of unreserved quota left, less than {asked:fec}. Pay less, or ask "
            "for more quota."
        ),
    ),
    "Checkout_RefUsed": (
        StateConflict,
        N_(
            "Program {programId} used the reference {ref} before, for settlement {settlementId}. Nothing was burned "
            "again. For other sales, use another reference."
        ),
    ),
    "Checkout_RefundTooHigh": (
        LimitExceeded,
        N_(
            "Order {orderKey} has {left:fec} left to refund; {asked:fec} was asked for. Refund an amount above 0 "
            "and at most {left:fec}."
        ),
    ),
    "Checkout_ReturnWindowClosed": (
        StateConflict,
        N_("The return window of order {orderKey} ended at {returnDeadline:date}. The order can only be captured."),
    ),
    "Checkout_ReturnWindowOpen": (
        StateConflict,
        N_("The return window of order {orderKey} is open until {returnDeadline:date}. Capture it after that."),
    ),
    "Checkout_ReturnWindowTooLong": (
        InvalidInput,
        N_("A return window of {returnWindow:duration} is too long. Choose at most {most:duration}."),
    ),
    "Checkout_RewardTaken": (StateConflict, N_("Reward {index} of batch {batchId} was already taken.")),
    "Checkout_TierOutOfOrder": (
        InvalidInput,
        N_(
            "Tier {index}, counted from 0, is out of order. The first spend must be 0, spends must increase, and "
            "shares must not fall."
        ),
    ),
    "Checkout_UnknownAlliance": (NotFound, N_("There is no alliance {allianceId}. Check its number, or found one.")),
    "Checkout_UnknownBatch": (NotFound, N_("There is no batch {batchId} of rewards. Check its number.")),
    "Checkout_UnknownCause": (
        InvalidInput,
        N_("Program {programId} does not donate to {cause}. Choose a cause from its terms, or none."),
    ),
    "Checkout_UnknownOrder": (NotFound, N_("There is no paid order with key {orderKey}. Check program and order id.")),
    "Checkout_WrongAmount": (
        InvalidInput,
        N_("{sent:fec} was sent for an order of {asked:fec}. Send exactly the order's amount."),
    ),
    "Custodian_ActsOutOfRange": (
        InvalidInput,
        N_("An instruction has from 1 to {most} acts, not {count}. Sign several instructions."),
    ),
    "Custodian_AlreadySigner": (
        StateConflict,
        N_("{signer} is a signer of vault {vault} already. Nothing was changed."),
    ),
    "Custodian_CoinsOfAccount": (
        InvalidInput,
        N_("The coins of account {account} do not move by acts. Transfer the {amount:fec} by an authorization."),
    ),
    "Custodian_Expired": (
        StateConflict,
        N_("The instruction expired at {deadline:date}; it is now {timestamp:date}. Ask the member to sign a new one."),
    ),
    "Custodian_InvalidSignature": (
        NotAllowed,
        N_("{signer} did not sign this instruction. Ask the member to sign exactly what is sent."),
    ),
    "Custodian_LastSigner": (
        StateConflict,
        N_("Vault {vault} has no other signer. Add another one before you remove the last."),
    ),
    "Custodian_NotSigner": (
        NotAllowed,
        N_("{signer} is not a signer of vault {vault}. Sign with one that is, or name the right vault."),
    ),
    "Custodian_OnlyForVaults": (
        InvalidInput,
        N_("Act {index}, counted from 0, is for vaults. An account does it with its own key."),
    ),
    "Custodian_RemovalNotAsked": (
        StateConflict,
        N_("Nobody has asked to remove the signer {signerHash} of vault {vault}. Ask for it first."),
    ),
    "Custodian_RemovalWaits": (
        StateConflict,
        N_(
            "The signer {signerHash} can be removed from {removableFrom:date} on; it is now {timestamp:date}. Wait "
            "until then."
        ),
    ),
    "Custodian_TooManySigners": (
        LimitExceeded,
        N_("Vault {vault} has {most} signers, which is the maximum. Remove one first."),
    ),
    "Custodian_UnknownAct": (
        InvalidInput,
        N_("Act {index}, counted from 0, is of the unknown kind {kind}. Update the program that signed it."),
    ),
    "Custodian_UnknownSigner": (
        NotFound,
        N_("Vault {vault} has no stored signer with the hash {signerHash}. Check which signer is meant."),
    ),
    "Custodian_UnusableSigner": (
        InvalidInput,
        N_("Nobody could sign as {signer}. Give an account, or a verifier that is on this chain and a key."),
    ),
    "Custodian_WrongCustomer": (
        InvalidInput,
        N_("The order's customer is {customer}, not the member's vault {vault}. Name the vault as customer."),
    ),
    "Custodian_WrongNonce": (
        StateConflict,
        N_("This is instruction {nonce} of the signer; the next one is {expected}. Sign the instruction anew."),
    ),
    "MemberVault_NotCustodian": (
        NotAllowed,
        N_("Only the Custodian contract may move what a vault holds, not {caller}."),
    ),
    "FEC_CapExceeded": (
        LimitExceeded,
        N_("The supply would be {supply:fec}, above the cap of {cap:fec}. Mint less."),
    ),
    "FEC_CapTooHigh": (
        LimitExceeded,
        N_("A cap of {cap:fec} is above the maximum of {most:fec}. Choose a lower cap."),
    ),
    "FEC_NotMinter": (NotAllowed, N_("Only the node contract {minter} may mint and burn FEC, not {caller}.")),
    "ERC20InsufficientAllowance": (
        LimitExceeded,
        N_("{spender} may spend {allowance:fec}, but needs {needed:fec}. Ask the holder for a higher allowance."),
    ),
    "ERC20InsufficientBalance": (
        LimitExceeded,
        N_("{sender} has {balance:fec}, but needs {needed:fec}. Get more FEC, or use less."),
    ),
    "ERC20InvalidReceiver": (InvalidInput, N_("FEC cannot be sent to {receiver}. Name another account.")),
    "ERC2612ExpiredSignature": (StateConflict, N_("The permit expired at {deadline:date}. Sign a new one.")),
    "ERC2612InvalidSigner": (NotAllowed, N_("The permit was signed by {signer}, not by {owner}. Sign as the holder.")),
    "ERC3009InvalidAuthorizationTime": (
        StateConflict,
        N_(
            "The authorization is valid after {validAfter:date} and before {validBefore:date}. Send it in that "
            "time, or sign a new one."
        ),
    ),
    "ERC3009InvalidSignature": (
        NotAllowed,
        N_("The payer's signature does not match this payment. Sign the payment again, and send it unchanged."),
    ),
    "ERC3009UsedAuthorization": (
        StateConflict,
        N_("{authorizer} has already used or cancelled this authorization. Sign a new one."),
    ),
    "ERC721IncorrectOwner": (NotAllowed, N_("{tokenId:node} belongs to {owner}, not to {sender}. Sign as its owner.")),
    "ERC721InsufficientApproval": (NotAllowed, N_("{operator} may not move {tokenId:node}. Sign as its owner.")),
    "ERC721InvalidOwner": (InvalidInput, N_("{owner} cannot own nodes. Name another account.")),
    "ERC721InvalidReceiver": (
        InvalidInput,
        N_("{receiver} does not accept nodes. Name an account that can hold ERC-721 tokens."),
    ),
    "ERC721NonexistentToken": (
        NotFound,
        N_("There is no {tokenId:node}: it was never minted, or was merged into another."),
    ),
    "ReentrancyGuardReentrantCall": (
        StateConflict,
        N_("A relayed call may not relay calls itself. Send those in a transaction of their own."),
    ),
    "Relay_GasTooLow": (
        InvalidInput,
        N_(
            "At call {index}, {left} gas is left and {needed} is needed. Nothing was done. Send more gas, or relay "
            "fewer calls at once."
        ),
    ),
    "Relay_MalformedCall": (
        InvalidInput,
        N_("Call {index} is of no known kind, or is cut off. Nothing was done. Pack the calls again."),
    ),
    "Relay_NoCalls": (InvalidInput, N_("There is nothing to relay. Send at least one call.")),
    "Relay_TooManyCalls": (
        LimitExceeded,
        N_("At most {most} calls can be relayed at once. Send the others in another transaction."),
    ),
    "OwnableInvalidOwner": (InvalidInput, N_("{owner} cannot own the contract. Name another account.")),
    "OwnableUnauthorizedAccount": (NotAllowed, N_("{account} does not own the contract. Sign as its owner.")),
}

#: What the Solidity compiler itself reverts with: https://docs.soliditylang.org/en/latest/control-structures.html
_BUILTIN_ERRORS: tuple[dict[str, Any], ...] = (
    {"type": "error", "name": "Error", "inputs": [{"type": "string", "name": "reason"}]},
    {"type": "error", "name": "Panic", "inputs": [{"type": "uint256", "name": "code"}]},
)


def _signature(entry: dict[str, Any]) -> str:
    # No error of these contracts takes a struct, whose type would have to be spelled out.
    return f"{entry['name']}({','.join(item['type'] for item in entry['inputs'])})"


@cache
def _errors() -> dict[bytes, dict[str, Any]]:
    """All errors of all contracts, by selector. A call passes on the errors of contracts that it calls in turn."""
    shipped = (entry for name in abi.names() for entry in abi.load(name)["abi"] if entry["type"] == "error")
    return {_selector(_signature(entry)): entry for entry in (*_BUILTIN_ERRORS, *shipped)}


def _shown(kind: str, value: Any) -> Any:
    if kind == "address":
        return to_checksum_address(value)
    return "0x" + value.hex() if isinstance(value, bytes) else value


def error_name(data: bytes) -> str:
    """The name alone of what `decode_revert` gives: where thousands are refused, sentences take most of the time."""
    entry = _errors().get(data[:4])
    return "revert" if entry is None else str(entry["name"])


def decode_revert(data: bytes) -> ContractError:
    """The error that a contract reverted with. Unknown data is printed as it is."""
    entry = _errors().get(data[:4])
    if entry is None:
        return ContractError("revert", {"data": "0x" + data.hex()}, N_("The contract refused with an unknown error."))
    kinds = [item["type"] for item in entry["inputs"]]
    try:
        decoded = decode(kinds, data[4:])
    except DecodingError:
        return ContractError(
            entry["name"], {"data": "0x" + data.hex()}, N_("The contract refused with an unreadable error.")
        )
    values = {
        item["name"]: _shown(kind, value) for item, kind, value in zip(entry["inputs"], kinds, decoded, strict=True)
    }
    error, sentence = _SENTENCES.get(entry["name"], (ContractError, N_("The contract refused.")))
    return error(entry["name"], values, sentence)


def sentences() -> dict[str, str]:
    """What each known error means and what to do next, by its name; with places for its values (`fec.i18n`)."""
    return {name: sentence for name, (_, sentence) in _SENTENCES.items()}
