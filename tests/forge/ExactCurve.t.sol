// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ExactCurve} from "./ExactCurve.sol";
import {vm} from "./Vm.sol";

/// @notice The yardstick of the other tests, held to the golden values.
contract ExactCurveTest {
    function test_released__golden_values__are_equal() external view {
        _compare("tests/vectors/released_one_adn.csv", 101);
        _compare("tests/vectors/released_random.csv", 1000);
    }

    function _compare(string memory path, uint256 count) private view {
        uint256[100] memory weights = ExactCurve.weights();
        vm.readLine(path);
        for (uint256 i = 0; i < count; ++i) {
            string[] memory row = vm.split(vm.readLine(path), ",");
            uint256 k = vm.parseUint(row[0]);
            uint256 principal = vm.parseUint(row[1]);
            uint256 whole = 10 * principal;
            if (k != 100) (whole,) = ExactCurve.released(principal, weights[k]);
            require(whole == vm.parseUint(row[2]), row[1]);
        }
    }
}
