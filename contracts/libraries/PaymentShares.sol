// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title How a payment is shared out
/// @notice Pure arithmetic: what is burned, what is donated, and what the merchant gets.
/// @dev With an amount `A` in wei, a burn share `b` and a donation share `d` in basis points, where b + d ≤ 10,000:
///
///     burned     = ceil(A · b / 10,000)
///     donated    = floor(A · d / 10,000)
///     toMerchant = A − burned − donated
///
/// Rounding. The burn is rounded up, so that it is never below its share; the donation is rounded down. The sum of both is
/// never above the amount: A · b / 10,000 + A · d / 10,000 ≤ A, and rounding the first term up while rounding the second down
/// adds less than 1 wei to a sum that is at most A. Amounts below 2^96 and shares below 2^16 cannot overflow.
/// `fec/core/shares.py` is the same in Python.
library PaymentShares {
    /// @notice 100 % in basis points.
    uint256 internal constant BASIS_POINTS = 10_000;

    /// @notice Part of an amount that is burned.
    /// @param amount Amount in wei, below 2^96.
    /// @param burnBps Burn share in basis points, at most {BASIS_POINTS}.
    /// @return burned Burned amount in wei, rounded up.
    function burnUp(uint256 amount, uint256 burnBps) internal pure returns (uint256 burned) {
        unchecked {
            burned = (amount * burnBps + (BASIS_POINTS - 1)) / BASIS_POINTS;
        }
    }

    /// @notice Part of an amount that is donated.
    /// @param amount Amount in wei, below 2^96.
    /// @param donationBps Donation share in basis points, at most {BASIS_POINTS}.
    /// @return donated Donated amount in wei, rounded down.
    function donationDown(uint256 amount, uint256 donationBps) internal pure returns (uint256 donated) {
        unchecked {
            donated = (amount * donationBps) / BASIS_POINTS;
        }
    }

    /// @notice All three shares of an amount, in wei, which sum to it; the merchant gets what is neither burned nor donated.
    /// @param amount Amount in wei, below 2^96.
    /// @param burnBps Burn share in basis points.
    /// @param donationBps Donation share in basis points; with the burn share, at most {BASIS_POINTS}.
    function split(uint256 amount, uint256 burnBps, uint256 donationBps)
        internal
        pure
        returns (uint256 toMerchant, uint256 burned, uint256 donated)
    {
        burned = burnUp(amount, burnBps);
        donated = donationDown(amount, donationBps);
        unchecked {
            toMerchant = amount - burned - donated;
        }
    }
}
