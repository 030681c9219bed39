// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "./IADN.sol";
import {ICheckout} from "./ICheckout.sol";
import {ICustodian} from "./ICustodian.sol";

/// @notice What can be relayed: a closed list of functions that do not ask who calls them.
/// {ShortPayment} is {ICheckout.payWithAuthorization} in 247 bytes; the others take the arguments as the ABI encodes them.
enum RelayedKind {
    ShortPayment,
    Payment,
    Spend,
    Acts,
    Claims,
    Reward,
    Captures,
    Opening,
    OpeningWithClaim,
    PermitForAll
}

/// @title Many signed calls in one transaction
/// @notice Relays calls that people have signed, or that anybody may make, each for itself: one that fails changes nothing and
/// stops no other. Holds nothing, owns nothing, and may do nothing that anybody could not do.
///
/// Calls are packed one after the other. Numbers are big-endian:
///
///     kind (1 byte) ‖ gas (3 bytes) ‖ short payment (247 bytes)             where the kind is {RelayedKind.ShortPayment}
///     kind (1 byte) ‖ gas (3 bytes) ‖ length (2 bytes) ‖ ABI-encoded arguments of so many bytes             otherwise
///
/// A short payment is a payment without cause, whose customer is its payer, signed by keys, and valid until the order expires:
///
///     programId (4) ‖ orderId (32) ‖ amount (12) ‖ currencyReference (32) ‖ expiry (5) ‖ minPrincipal (12) ‖ payer (20)
///     ‖ merchant's signature (65) ‖ payer's signature (65)
///
/// `gas` is what the call may use at most.
interface IRelay {
    /// @notice A call failed and changed nothing. A call of which there is no such event went through.
    /// @param index Its place among the calls, from 0.
    /// @param reason The first {MAX_REASON} bytes of what it reverted with. Empty where it used up its gas.
    event CallFailed(uint256 indexed index, bytes reason);

    /// @notice There are no calls.
    error Relay_NoCalls();

    /// @notice There are more than `most` calls.
    error Relay_TooManyCalls(uint256 most);

    /// @notice The call at this place is of no known kind, or is cut off.
    error Relay_MalformedCall(uint256 index);

    /// @notice The call at this place could not get all the gas that it may use.
    error Relay_GasTooLow(uint256 index, uint256 left, uint256 needed);

    /// @notice Makes the calls in order. Anybody may send them.
    /// @dev A call gets its gas whatever the sender gave, or all is reverted with {Relay_GasTooLow}: too little gas cannot make a
    /// call fail. Of what a call returns, at most {MAX_REASON} bytes are looked at. A call cannot come back here, so that all
    /// events of this contract in a transaction that was sent to it are about the calls of that transaction.
    /// @param calls At least one call and at most {MAX_CALLS}, packed as above.
    function relay(bytes calldata calls) external;

    /// @notice Where payments, rewards and captures go.
    function checkout() external view returns (ICheckout);

    /// @notice Where spends and acts go.
    function custodian() external view returns (ICustodian);

    /// @notice Where claims, openings and permits go.
    function adn() external view returns (IADN);

    /// @notice Most calls in one transaction.
    function MAX_CALLS() external view returns (uint256);

    /// @notice Most bytes of a reason that are kept.
    function MAX_REASON() external view returns (uint256);

    /// @notice Gas that has to be left besides what a call may use, for what follows it.
    function GAS_AFTER_CALL() external view returns (uint256);
}
