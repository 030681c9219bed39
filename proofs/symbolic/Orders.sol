// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Order} from "../../contracts/interfaces/ICheckout.sol";
import {AnyOrders} from "./AnyOrders.sol";

/// @notice Refunds and payments, from any state of checkout, the nodes and the coupon.
/// @custom:unknown libraries
contract Orders is AnyOrders {
    /// @notice G5, G6: a refund, within the return window, pays the payer what it takes off the order and its reservation, and leaves no
    /// burn, node or credit.
    function check_refund() external {
        uint256 amount = svm.createUint256("amount");
        address caller = svm.createAddress("caller");
        Kept memory order = _order();
        // Of an order in escrow, no more has been refunded than was paid.
        vm.assume(_both(order.refunded <= order.amount, order.payer != address(checkout)));
        uint256 reserved = checkout.reservedOf(order.programId);
        uint256 escrow = fec.balanceOf(address(checkout));
        uint256 balance = fec.balanceOf(order.payer);
        (uint256 spent, uint256 shared) = (_credited(SPENT_SLOT), _credited(SPENT_WITH_ALLIANCE_SLOT));
        _watch(0);
        (uint256 left, uint256 freed) = _freed(order, amount);
        if (!_callAs(caller, address(checkout), abi.encodeCall(checkout.refund, (key, amount)))) return;
        Kept memory after_ = _order();
        assert(_all(order.status == ESCROWED, time < order.returnDeadline, after_.amount == order.amount));
        unchecked {
            assert(_all(amount != 0, amount <= left, after_.refunded == uint96(order.refunded + amount)));
            assert(after_.status == (amount == left ? REFUNDED : ESCROWED));
            assert(
                _both(
                    fec.balanceOf(address(checkout)) == escrow - amount, fec.balanceOf(order.payer) == balance + amount
                )
            );
            assert(_both(checkout.reservedOf(order.programId) == uint96(reserved - freed), freed <= reserved));
        }
        assert(_both(spent == _credited(SPENT_SLOT), shared == _credited(SPENT_WITH_ALLIANCE_SLOT)));
        assert(_untouched(0));
    }

    /// @notice G4: only the program's operator and its signer refund.
    function check_refund_authority() external {
        address caller = svm.createAddress("caller");
        Kept memory order = _order();
        uint256 version = uint32(_word(address(checkout), order.programId, PROGRAM_STATES_SLOT, 0));
        address signer = address(uint160(_word(address(checkout), version, _slot(order.programId, TERMS_SLOT, 0), 0)));
        address operator = address(uint160(_word(address(adn), order.programId, PROGRAMS_SLOT, 2)));
        vm.assume(_both(caller != signer, caller != operator));
        assert(!_callAs(caller, address(checkout), abi.encodeCall(checkout.refund, (key, svm.createUint256("amount")))));
    }

    /// @notice G7: an order whose key was paid is refused, by each way to pay.
    function check_paid_once() external {
        Order memory order;
        order.programId = svm.createUint256("program");
        order.orderId = svm.createBytes32("order");
        order.amount = svm.createUint256("amount");
        order.expiry = svm.createUint256("expiry");
        order.customer = svm.createAddress("customer");
        order.minPrincipal = svm.createUint256("minPrincipal");
        order.cause = svm.createAddress("cause");
        order.merchantSignature = svm.createBytes(65, "merchantSignature");
        key = keccak256(abi.encode(order.programId, order.orderId));
        vm.assume(_order().status != 0);
        address payer = svm.createAddress("payer");
        uint256 way = svm.createUint(3, "way");
        bytes32 word = svm.createBytes32("word");
        bytes memory data = abi.encodeCall(checkout.pay, (order));
        if (way == 1) data = abi.encodeCall(checkout.payWithPermit, (order, order.expiry, 27, word, word));
        if (way == 2) data = abi.encodeCall(checkout.payFromNodes, (order, new uint256[](0)));
        bytes memory signature = svm.createBytes(65, "signature");
        if (way == 3) data = abi.encodeCall(checkout.payWithAuthorization, (order, payer, 0, order.expiry, signature));
        if (way > 3) {
            data = abi.encodeCall(checkout.onTransferReceived, (payer, payer, order.amount, abi.encode(order)));
            assert(!_callAs(address(fec), address(checkout), data));
        } else {
            assert(!_callAs(payer, address(checkout), data));
        }
    }

    /// @dev What is left of an order, and how much less is to be burned for it once `amount` is refunded. Of more, no less is burned.
    function _freed(Kept memory order, uint256 amount) private pure returns (uint256 left, uint256 freed) {
        unchecked {
            left = uint96(order.amount - order.refunded);
            (uint256 burn, uint256 burnAfter) = (_burnOf(left, order.burnBps), _burnOf(left - amount, order.burnBps));
            vm.assume(_either(amount > left, _both(burn <= left, burnAfter <= burn)));
            return (left, burn - burnAfter);
        }
    }
}
