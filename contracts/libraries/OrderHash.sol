// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "../interfaces/ICheckout.sol";

/// @title EIP-712 hashes of orders
/// @notice Pure: takes an order, returns the struct hash of its invoice or of the whole order.
/// @dev Both are the hash of a type and of the order's first fields, a word each: what the order is in memory. So they are hashed
/// where they are, with the type in the word before them for as long as it takes.
library OrderHash {
    bytes32 private constant INVOICE_TYPEHASH =
        keccak256("Invoice(uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry)");

    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(uint256 programId,bytes32 orderId,uint256 amount,bytes32 currencyReference,uint256 expiry,"
        "address customer,uint256 minPrincipal,address cause)"
    );

    uint256 private constant INVOICE_FIELDS = 5;
    uint256 private constant ORDER_FIELDS = 8;

    /// @notice Struct hash of what the merchant signs.
    function ofInvoice(Order memory order) internal pure returns (bytes32 hash) {
        return _hash(INVOICE_TYPEHASH, order, INVOICE_FIELDS);
    }

    /// @notice Struct hash of what the shopper commits to.
    function ofOrder(Order memory order) internal pure returns (bytes32 hash) {
        return _hash(ORDER_TYPEHASH, order, ORDER_FIELDS);
    }

    function _hash(bytes32 typeHash, Order memory order, uint256 fields) private pure returns (bytes32 hash) {
        // No copy is made: half the gas of the compiler's way.
        // solhint-disable no-inline-assembly
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            let start := sub(order, 32)
            let kept := mload(start)
            mstore(start, typeHash)
            hash := keccak256(start, mul(add(fields, 1), 32))
            mstore(start, kept)
        }
        // solhint-enable no-inline-assembly
    }
}
