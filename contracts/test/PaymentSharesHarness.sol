// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PaymentShares} from "../libraries/PaymentShares.sol";

/// @notice Exposes {PaymentShares} to tests. Never deployed.
contract PaymentSharesHarness {
    function basisPoints() external pure returns (uint256) {
        return PaymentShares.BASIS_POINTS;
    }

    function burnUp(uint256 amount, uint256 burnBps) external pure returns (uint256) {
        return PaymentShares.burnUp(amount, burnBps);
    }

    function donationDown(uint256 amount, uint256 donationBps) external pure returns (uint256) {
        return PaymentShares.donationDown(amount, donationBps);
    }

    function split(uint256 amount, uint256 burnBps, uint256 donationBps)
        external
        pure
        returns (uint256 toMerchant, uint256 burned, uint256 donated)
    {
        return PaymentShares.split(amount, burnBps, donationBps);
    }
}
