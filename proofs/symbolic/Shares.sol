// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentShares, Shares} from "../../contracts/libraries/PaymentShares.sol";

/// @notice How a payment is shared out, for every amount below 2^96 wei.
/// @dev `unchecked` keeps the compiler's own overflow tests, which no solver answers, out of the queries. It hides nothing: an
/// amount below 2^96 times a share below 2^16 is below 2^112. Claims are joined without a branch.
contract ShareChecks {
    uint256 private constant WHOLE = PaymentShares.BASIS_POINTS;

    /// @notice The burn is its share rounded up: the least whole number of wei that is not below it, and at most the amount.
    function check_burn(uint96 amount, uint16 burnBps) external pure {
        unchecked {
            if (burnBps > WHOLE) return;
            uint256 burned = PaymentShares.burnUp(amount, burnBps);
            uint256 product = uint256(amount) * burnBps;
            assert(_both(_both(product <= burned * WHOLE, burned * WHOLE < product + WHOLE), burned <= amount));
        }
    }

    /// @notice The donation is its share rounded down: the greatest whole number of wei that is not above it.
    function check_donation(uint96 amount, uint16 donationBps) external pure {
        unchecked {
            if (donationBps > WHOLE) return;
            uint256 donated = PaymentShares.donationDown(amount, donationBps);
            uint256 product = uint256(amount) * donationBps;
            assert(_both(donated * WHOLE <= product, product < (donated + 1) * WHOLE));
        }
    }

    /// @notice G5: merchant, burn and donation sum to the amount, and none is more than it.
    function check_split(uint96 amount, uint16 burnBps, uint16 donationBps) external pure {
        unchecked {
            if (uint256(burnBps) + donationBps > WHOLE) return;
            Shares memory shares = PaymentShares.split(amount, burnBps, donationBps);
            assert(shares.toMerchant + shares.burned + shares.donated == amount);
            assert(_both(_both(shares.toMerchant <= amount, shares.burned <= amount), shares.donated <= amount));
        }
    }

    function _both(bool one, bool other) private pure returns (bool both) {
        assembly ("memory-safe") {
            both := and(one, other)
        }
    }
}
