// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReleaseCurve} from "../libraries/ReleaseCurve.sol";

/// @notice Exposes {ReleaseCurve} to tests. Never deployed.
contract ReleaseCurveHarness {
    function periodsElapsed(uint256 start, uint256 periodLength, uint256 timestamp) external pure returns (uint256) {
        return ReleaseCurve.periodsElapsed(start, periodLength, timestamp);
    }

    function growthDown(uint256 k) external pure returns (uint256) {
        return ReleaseCurve.growthDown(k);
    }

    function releasedDown(uint256 principal, uint256 growth) external pure returns (uint256) {
        return ReleaseCurve.releasedDown(principal, growth);
    }

    function released(uint256 principal, uint256 k) external pure returns (uint256) {
        return ReleaseCurve.releasedDown(principal, ReleaseCurve.growthDown(k));
    }
}
