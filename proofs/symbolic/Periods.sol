// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReleaseCurve} from "../../contracts/libraries/ReleaseCurve.sol";

/// @notice Counting periods: for every start and period length that fits a token id, at any moment in 256 bits.
contract PeriodsChecks {
    uint256 private constant PERIODS = 100;

    /// @notice k periods are those that have wholly passed: k·length ≤ t − start < (k+1)·length, but never more than 100.
    function check_whole_periods(uint40 start, uint24 length, uint256 timestamp) external pure {
        if (length == 0 || timestamp < start) return;
        uint256 k = ReleaseCurve.periodsElapsed(start, length, timestamp);
        unchecked {
            uint256 elapsed = timestamp - start;
            // Had more been counted than has passed, the difference would wrap to far above a length.
            assert(elapsed - k * length < length || (k == PERIODS && elapsed >= PERIODS * length));
        }
    }

    /// @notice No period has passed before the start, and never more than 100.
    function check_range(uint40 start, uint24 length, uint256 timestamp) external pure {
        if (length == 0) return;
        uint256 k = ReleaseCurve.periodsElapsed(start, length, timestamp);
        assert(k <= PERIODS && (timestamp >= start || k == 0));
    }

    /// @notice Time that goes on never takes a period back.
    function check_later(uint40 start, uint24 length, uint256 timestamp, uint256 later) external pure {
        if (length == 0 || later < timestamp) return;
        assert(
            ReleaseCurve.periodsElapsed(start, length, timestamp) <= ReleaseCurve.periodsElapsed(start, length, later)
        );
    }
}
