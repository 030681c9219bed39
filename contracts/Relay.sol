// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IADN} from "./interfaces/IADN.sol";
import {ICheckout} from "./interfaces/ICheckout.sol";
import {ICustodian} from "./interfaces/ICustodian.sol";
import {IRelay, RelayedKind} from "./interfaces/IRelay.sol";
import {ShortPayment} from "./libraries/ShortPayment.sol";

/// @title Many signed calls in one transaction
/// @notice See {IRelay}.
contract Relay is IRelay, ReentrancyGuardTransient {
    // ---------------------------------------------------------------- constants

    /// @inheritdoc IRelay
    uint256 public constant MAX_CALLS = 256;

    /// @inheritdoc IRelay
    uint256 public constant MAX_REASON = 256;

    /// @inheritdoc IRelay
    /// @dev A target that was not called before takes 2,600, a failure's event with its memory less than 5,000.
    uint256 public constant GAS_AFTER_CALL = 10_000;

    /// @dev Kind and gas.
    uint256 private constant HEADER_LENGTH = 4;

    /// @dev The same, and the length of the arguments.
    uint256 private constant LONG_HEADER_LENGTH = 6;

    // -------------------------------------------------------------------- state

    /// @inheritdoc IRelay
    ICheckout public immutable checkout;

    /// @inheritdoc IRelay
    ICustodian public immutable custodian;

    /// @inheritdoc IRelay
    IADN public immutable adn;

    constructor(ICustodian custodian_) {
        custodian = custodian_;
        checkout = custodian_.checkout();
        adn = custodian_.adn();
    }

    // -------------------------------------------------------------------- relay

    /// @inheritdoc IRelay
    function relay(bytes calldata calls) external nonReentrant {
        uint256 length = calls.length;
        if (length == 0) revert Relay_NoCalls();
        bytes memory reason = new bytes(MAX_REASON);
        bytes memory payment = ShortPayment.blank();
        uint256 at = 0;
        for (uint256 index = 0; at < length; ++index) {
            if (index == MAX_CALLS) revert Relay_TooManyCalls(MAX_CALLS);
            bytes calldata packed = calls[at:];
            // forge-lint: disable-next-line(unsafe-typecast) -- what is behind the calls is not used
            uint256 header = uint256(bytes32(packed));
            uint256 kind = header >> 248;
            // forge-lint: disable-next-line(unsafe-typecast) -- the three bytes behind the kind are meant
            uint256 gasLimit = uint24(header >> 224);
            // No sum of these comes near 2^256.
            unchecked {
                if (kind == uint256(RelayedKind.ShortPayment)) {
                    at += HEADER_LENGTH + ShortPayment.LENGTH;
                    if (at > length) revert Relay_MalformedCall(index);
                    ShortPayment.fill(payment, packed[HEADER_LENGTH:]);
                    _call(index, address(checkout), gasLimit, payment, reason);
                } else {
                    // forge-lint: disable-next-line(unsafe-typecast) -- the two bytes behind these are meant
                    uint256 size = LONG_HEADER_LENGTH + uint16(header >> 208);
                    at += size;
                    if (at > length) revert Relay_MalformedCall(index);
                    (address target, bytes4 selector) = _entryOf(kind, index);
                    bytes memory data = abi.encodePacked(selector, packed[LONG_HEADER_LENGTH:size]);
                    _call(index, target, gasLimit, data, reason);
                }
            }
        }
    }

    // ---------------------------------------------------------------- internals

    /// @dev Makes a call and tells if it failed. `reason` is memory to use.
    function _call(uint256 index, address target, uint256 gasLimit, bytes memory data, bytes memory reason) private {
        unchecked {
            // Of the gas left, a 64th stays here.
            uint256 needed = (gasLimit * 64) / 63 + GAS_AFTER_CALL;
            uint256 left = gasleft();
            if (left < needed) revert Relay_GasTooLow(index, left, needed);
        }
        bool success;
        // Solidity has no call that copies only some of what comes back.
        // solhint-disable no-inline-assembly
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            success := call(gasLimit, target, 0, add(data, 32), mload(data), 0, 0)
            if iszero(success) {
                let size := returndatasize()
                if gt(size, MAX_REASON) { size := MAX_REASON }
                mstore(reason, size)
                returndatacopy(add(reason, 32), 0, size)
            }
        }
        // solhint-enable no-inline-assembly
        if (!success) emit CallFailed(index, reason);
    }

    /// @dev Which function a kind stands for.
    function _entryOf(uint256 kind, uint256 index) private view returns (address target, bytes4 selector) {
        if (kind == uint256(RelayedKind.Payment)) return (address(checkout), ICheckout.payWithAuthorization.selector);
        if (kind == uint256(RelayedKind.Spend)) return (address(custodian), ICustodian.spend.selector);
        if (kind == uint256(RelayedKind.Acts)) return (address(custodian), ICustodian.act.selector);
        if (kind == uint256(RelayedKind.Claims)) return (address(adn), IADN.claimFor.selector);
        if (kind == uint256(RelayedKind.Reward)) return (address(checkout), ICheckout.takeReward.selector);
        if (kind == uint256(RelayedKind.Captures)) return (address(checkout), ICheckout.capture.selector);
        if (kind == uint256(RelayedKind.Opening)) return (address(adn), IADN.open.selector);
        if (kind == uint256(RelayedKind.OpeningWithClaim)) return (address(adn), IADN.openAndClaim.selector);
        if (kind == uint256(RelayedKind.PermitForAll)) return (address(adn), IADN.permitForAll.selector);
        revert Relay_MalformedCall(index);
    }
}
