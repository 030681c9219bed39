// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";
import {World} from "./World.sol";

/// @title Actions on the clock
abstract contract Clock is World {
    function waitSeconds(uint256 seed) external {
        _wait(clock + 1 + seed % 3 hours);
        _succeeded("waitSeconds");
    }

    /// @dev The last second of a node's period, the first of its next, or the one after that.
    function waitForBoundary(uint256 seed) external {
        if (live.length == 0) return;
        _wait(_periodEnd(nodes[_node(seed, "node")]) + _rand(seed, "second") % 3 - 1);
        _succeeded("waitForBoundary");
    }

    function waitPeriods(uint256 seed) external {
        uint256 length = programs[_rand(seed, "program") % programs.length].length;
        _wait(clock + length * (1 + _rand(seed, "periods") % (seed % 4 == 0 ? 40 : 4)));
        _succeeded("waitPeriods");
    }

    /// @dev To the very end of a node's life; most times only of a short one, so that others stay young.
    function waitForEnd(uint256 seed) external {
        if (live.length == 0) return;
        uint256 tokenId = _node(seed, "node");
        uint256 end = nodes[tokenId].start + 100 * nodes[tokenId].length;
        if (clock > end || (nodes[tokenId].length > 1 days && _rand(seed, "long") % 8 != 0)) return;
        _wait(end - _rand(seed, "second") % 2);
        _succeeded("waitForEnd");
    }

    // ---------------------------------------------------------------- internals

    function _wait(uint256 until) internal {
        if (until <= clock) return;
        clock = until;
        vm.warp(until);
    }

    function _periodEnd(Node storage node) internal view returns (uint256) {
        return node.start + ((clock - node.start) / node.length + 1) * node.length;
    }

    function _node(uint256 seed, string memory purpose) internal view returns (uint256) {
        return live[_rand(seed, purpose) % live.length];
    }
}
