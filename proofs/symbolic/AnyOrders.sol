// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Checkout} from "../../contracts/Checkout.sol";
import {AnyNodes} from "./AnyNodes.sol";

/// @title Checkout, in any state, and some order
/// @notice Storage of checkout, nodes and coupon is symbols.
abstract contract AnyOrders is AnyNodes {
    /// @dev An order as its first two words say, the slot of the terms it was paid under, and when their return window is over.
    /// From the lowest bit: payer (160), paidAt (40), version (32), burnBps (16), status (8);
    /// amount (96), refunded (96), programId (32).
    struct Kept {
        address payer;
        uint256 version;
        uint256 burnBps;
        uint256 status;
        uint256 amount;
        uint256 refunded;
        uint256 programId;
        uint256 terms;
        uint256 returnDeadline;
    }

    Checkout internal checkout;
    bytes32 internal key;
    address internal customer;
    uint256 internal creditor;

    uint256 internal constant PROGRAM_STATES_SLOT = 0;
    uint256 internal constant TERMS_SLOT = 1;
    uint256 internal constant SPENT_SLOT = 4;
    uint256 internal constant SPENT_WITH_ALLIANCE_SLOT = 5;
    uint256 internal constant ORDERS_SLOT = 12;
    uint256 internal constant ESCROWED = 1;
    uint256 internal constant CAPTURED = 2;
    uint256 internal constant REFUNDED = 3;
    uint256 internal constant BPS = 10_000;

    function _more() internal override {
        checkout = Checkout(_deploy("Checkout.sol:Checkout", abi.encode(adn)));
        svm.enableSymbolicStorage(address(checkout));
        key = svm.createBytes32("key");
        customer = svm.createAddress("customer");
        creditor = svm.createUint256("creditor");
    }

    /// @dev The share of an amount that is to be burned: ceil(amount · share / 10,000). A share is at most 10,000, so that it is no more
    /// than the amount.
    function _burnOf(uint256 amount, uint256 burnBps) internal pure returns (uint256) {
        unchecked {
            return (amount * burnBps + (BPS - 1)) / BPS;
        }
    }

    function _order() internal view returns (Kept memory order) {
        uint256 word = _word(address(checkout), uint256(key), ORDERS_SLOT, 0);
        order.payer = address(uint160(word));
        uint256 paidAt = uint40(word >> 160);
        order.version = uint32(word >> 200);
        order.burnBps = uint16(word >> 232);
        order.status = word >> 248;
        word = _word(address(checkout), uint256(key), ORDERS_SLOT, 1);
        (order.amount, order.refunded, order.programId) = (uint96(word), uint96(word >> 96), uint32(word >> 192));
        order.terms = _slot(order.version, _slot(order.programId, TERMS_SLOT, 0), 0);
        // From the lowest bit, the first word of terms is signer (160), returnWindow (32), donationBps (16).
        unchecked {
            order.returnDeadline = paidAt + uint32(_word(address(checkout), order.terms) >> 160);
        }
    }

    /// @dev What any one customer was credited with: by some program, or some alliance.
    function _credited(uint256 slot) internal view returns (uint256) {
        return _word(address(checkout), uint160(customer), _slot(creditor, slot, 0), 0);
    }
}
