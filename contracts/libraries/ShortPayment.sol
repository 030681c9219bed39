// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICheckout, Order} from "../interfaces/ICheckout.sol";

/// @title Payments in few bytes
/// @notice Turns the short form of a payment (see {IRelay}) into the call data of {ICheckout.payWithAuthorization}.
/// @dev The call data is made once, with zeros in it; each payment then overwrites what differs.
library ShortPayment {
    /// @notice Bytes of a short payment.
    uint256 internal constant LENGTH = 247;

    uint256 private constant SIGNATURE_LENGTH = 65;

    /// @notice Call data of a payment with zero in all fields that {fill} writes.
    function blank() internal pure returns (bytes memory data) {
        // slither-disable-next-line uninitialized-local -- it is to be blank
        Order memory order;
        order.merchantSignature = new bytes(SIGNATURE_LENGTH);
        return abi.encodeCall(ICheckout.payWithAuthorization, (order, address(0), 0, 0, new bytes(SIGNATURE_LENGTH)));
    }

    /// @notice Writes a short payment into such call data.
    /// @param data What {blank} returned, whatever was filled in since.
    /// @param packed Starts with the short payment.
    function fill(bytes memory data, bytes calldata packed) internal pure {
        // Each field has a place of its own, which copying would not keep.
        // solhint-disable no-inline-assembly
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            let to := add(data, 0x24) // behind length and selector
            let from := packed.offset
            let payer := shr(96, calldataload(add(from, 97)))
            let expiry := shr(216, calldataload(add(from, 80)))
            mstore(add(to, 0x020), payer)
            mstore(add(to, 0x060), add(expiry, 1)) // validBefore
            mstore(add(to, 0x0a0), shr(224, calldataload(from))) // programId
            mstore(add(to, 0x0c0), calldataload(add(from, 4))) // orderId
            mstore(add(to, 0x0e0), shr(160, calldataload(add(from, 36)))) // amount
            mstore(add(to, 0x100), calldataload(add(from, 48))) // currencyReference
            mstore(add(to, 0x120), expiry)
            mstore(add(to, 0x140), payer) // customer
            mstore(add(to, 0x160), shr(160, calldataload(add(from, 85)))) // minPrincipal
            calldatacopy(add(to, 0x1e0), add(from, 117), SIGNATURE_LENGTH) // the merchant's
            calldatacopy(add(to, 0x260), add(from, 182), SIGNATURE_LENGTH) // the payer's
        }
        // solhint-enable no-inline-assembly
    }
}
