// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TillAlone} from "./TillAlone.sol";

/// @notice One capture, from any state of the till and the coupon.
/// @custom:unknown libraries
contract Captures is TillAlone {
    /// @notice G5: a capture lets go of exactly what is left of the order, out of the reservation too, and is final; of one that is not in
    /// escrow, nothing.
    /// @custom:slow many paths
    function check_capture_conserves() external {
        Kept memory order = _captured();
        uint256 reserved = till.reservedOf(order.programId);
        uint256 escrow = fec.balanceOf(address(till));
        if (!_capture()) return;
        Kept memory after_ = _order();
        uint256 left = order.status == ESCROWED ? order.amount - order.refunded : 0;
        uint256 burn = order.status == ESCROWED ? _burnOf(left, order.burnBps) : 0;
        unchecked {
            assert(_both(order.status != 0, after_.status == (order.status == ESCROWED ? CAPTURED : order.status)));
            assert(fec.balanceOf(address(till)) == escrow - left);
            assert(till.reservedOf(order.programId) == uint96(reserved - uint96(burn)));
            assert(_both(after_.amount == order.amount, after_.refunded == order.refunded));
        }
    }

    /// @notice G5, G6: a capture burns its share or nothing, makes no coins, and credits no more than what is left of the order.
    /// @custom:slow many paths
    function check_capture_burns() external {
        Kept memory order = _captured();
        uint256 left = order.status == ESCROWED ? order.amount - order.refunded : 0;
        uint256 burn = order.status == ESCROWED ? _burnOf(left, order.burnBps) : 0;
        (uint256 spent, uint256 shared) = (_credited(SPENT_SLOT), _credited(SPENT_WITH_ALLIANCE_SLOT));
        if (!_capture()) return;
        unchecked {
            bool minted =
                _both(fec.totalBurned() == uint128(burned + burn), fec.totalSupply() == uint128(supply - burn));
            assert(_either(minted, _both(fec.totalBurned() == burned, fec.totalSupply() == supply)));
            // Checked additions: what was refunded is not credited.
            assert(_both(_credited(SPENT_SLOT) - spent <= left, _credited(SPENT_WITH_ALLIANCE_SLOT) - shared <= left));
        }
    }

    /// @dev The order to be captured. No more of it has been refunded than was paid, and none of its accounts is the till itself
    /// (`_checkAccount`).
    function _captured() private view returns (Kept memory order) {
        order = _order();
        uint256 terms = _slot(order.version, _slot(order.programId, 1, 0), 0);
        vm.assume(_both(order.refunded <= order.amount, order.payer != address(till)));
        vm.assume(address(uint160(_word(address(till), terms + 1))) != address(till));
        vm.assume(address(uint160(_word(address(till), uint256(key), ORDERS_SLOT, 3))) != address(till));
    }

    function _capture() private returns (bool) {
        bytes32[] memory keys = new bytes32[](1);
        keys[0] = key;
        return _callAs(svm.createAddress("caller"), address(till), abi.encodeCall(till.capture, (keys)));
    }
}
