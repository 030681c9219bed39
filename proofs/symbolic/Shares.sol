// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentShares} from "../../contracts/libraries/PaymentShares.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice How a payment is shared out, for every amount below 2^96 wei.
/// @dev `unchecked` keeps the compiler's own overflow tests, which no solver answers, out of the queries. It hides nothing: an
/// amount below 2^96 times a share below 2^16 is below 2^112. That products grow with their factors is assumed where it is
/// needed, since no solver decides it for two unknowns: A · b ≤ A · 10,000 where b ≤ 10,000, and A · b + A · d ≤ A · 10,000
/// where b + d ≤ 10,000.
contract ShareChecks is Symbolic {
    uint256 private constant WHOLE = PaymentShares.BASIS_POINTS;

    /// @notice The burn is its share rounded up: the least whole number of wei that is not below it, and at most the amount.
    function check_burn(uint96 amount, uint16 burnBps) external view {
        unchecked {
            if (burnBps > WHOLE) return;
            uint256 product = _product(amount, burnBps);
            vm.assume(product <= uint256(amount) * WHOLE);
            uint256 burned = PaymentShares.burnUp(amount, burnBps);
            assert(_all(product <= burned * WHOLE, burned * WHOLE < product + WHOLE, burned <= amount));
        }
    }

    /// @notice The donation is its share rounded down: the greatest whole number of wei that is not above it.
    function check_donation(uint96 amount, uint16 donationBps) external view {
        unchecked {
            if (donationBps > WHOLE) return;
            uint256 product = _product(amount, donationBps);
            uint256 donated = PaymentShares.donationDown(amount, donationBps);
            assert(_both(donated * WHOLE <= product, product < (donated + 1) * WHOLE));
        }
    }

    /// @notice G5: merchant, burn and donation sum to the amount, and none is more than it.
    function check_split(uint96 amount, uint16 burnBps, uint16 donationBps) external view {
        unchecked {
            if (uint256(burnBps) + donationBps > WHOLE) return;
            vm.assume(_product(amount, burnBps) + _product(amount, donationBps) <= uint256(amount) * WHOLE);
            (uint256 toMerchant, uint256 burned, uint256 donated) = PaymentShares.split(amount, burnBps, donationBps);
            assert(toMerchant + burned + donated == amount);
            assert(_all(toMerchant <= amount, burned <= amount, donated <= amount));
        }
    }

    /// @dev Called from outside, so that the factors stay as they are written ({_product}).
    function product(uint256 a, uint256 b) external pure returns (uint256) {
        unchecked {
            return a * b;
        }
    }

    /// @dev An amount times a share, below 2^112. Halmos takes a product of two unknowns for a function of its factors in their
    /// order, and the compiler swaps them.
    function _product(uint96 amount, uint16 bps) private view returns (uint256 result) {
        result = this.product(amount, bps);
        vm.assume(_both(result == this.product(bps, amount), result < 1 << 112));
    }
}
