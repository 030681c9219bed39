// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Openings out of any settlement of two, from any state: its root may be any word.
/// @custom:unknown libraries
contract Opening is AnyNodes {
    struct Asked {
        uint256 settlementId;
        uint256 index;
        address owner;
        uint256 principal;
        bytes32[] proof;
        uint256 id;
    }

    /// @notice G1, G4: an opening makes a node that never was, of the leaf's owner, with what its id says; it burns and pays nothing,
    /// and touches nothing else.
    function check_open() external {
        Asked memory asked = _ask();
        Words memory words = _words(asked.id);
        uint256 count = _word(address(adn), uint160(asked.owner), BALANCES_SLOT, 0);
        _watch(asked.id);
        bytes memory call =
            abi.encodeCall(adn.open, (asked.settlementId, asked.index, asked.owner, asked.principal, asked.proof));
        if (!_callAs(svm.createAddress("caller"), address(adn), call)) return;
        assert(_all(words.state == 0, asked.index < 2, asked.principal <= type(uint96).max));
        words.state = uint160(asked.owner);
        unchecked {
            assert(_word(address(adn), uint160(asked.owner), BALANCES_SLOT, 0) == count + 1);
        }
        assert(_both(_same(words, _words(asked.id)), _untouched(0)));
        assert(!_callAs(svm.createAddress("again"), address(adn), call));
    }

    /// @notice G2, G4: with a claim it pays the leaf's owner, whoever calls, exactly what the node has released, and books that.
    function check_openAndClaim() external {
        Asked memory asked = _ask();
        Words memory words = _words(asked.id);
        uint256 released = _released(asked.id, uint96(asked.id >> 40));
        uint256 balance = fec.balanceOf(asked.owner);
        _watch(asked.id);
        vm.assume(released <= cap);
        bytes memory call = abi.encodeCall(
            adn.openAndClaim, (asked.settlementId, asked.index, asked.owner, asked.principal, asked.proof)
        );
        if (!_callAs(svm.createAddress("caller"), address(adn), call)) return;
        assert(words.state == 0);
        words.state = _pack(asked.owner, released, false);
        unchecked {
            assert(_same(words, _words(asked.id)));
            assert(_both(fec.balanceOf(asked.owner) - balance == released, _untouched(released)));
        }
    }

    /// @notice G1: what a proof leads to and nobody has opened can be opened and claimed, whether anything is due or not.
    function check_opening_succeeds() external {
        Asked memory asked = _ask();
        vm.assume(_both(asked.index < 2, asked.principal <= type(uint96).max));
        bytes32 leaf = keccak256(abi.encodePacked(asked.id, asked.owner));
        bytes32 root = asked.index == 0
            ? keccak256(abi.encodePacked(leaf, asked.proof[0]))
            : keccak256(abi.encodePacked(asked.proof[0], leaf));
        vm.assume(_word(address(adn), asked.settlementId, ROOTS_SLOT, 0) == uint256(root));
        vm.assume(_both(_words(asked.id).state == 0, root != 0));
        uint256 released = _released(asked.id, uint96(asked.id >> 40));
        unchecked {
            // G1 before the opening: what the node owes is part of what is outstanding.
            vm.assume(_all(supply <= cap, released <= cap, supply + released <= cap));
        }
        bytes memory call = abi.encodeCall(
            adn.openAndClaim, (asked.settlementId, asked.index, asked.owner, asked.principal, asked.proof)
        );
        assert(_callAs(svm.createAddress("caller"), address(adn), call));
    }

    /// @dev Any opening out of two, with a proof of one hash. Serials do not run out of their bits: {Settling} checks them.
    function _ask() private returns (Asked memory asked) {
        uint256 batch = svm.createUint(232, "batch");
        asked.settlementId = (2 << 232) | batch;
        asked.index = svm.createUint256("index");
        asked.owner = svm.createAddress("owner");
        asked.principal = svm.createUint256("principal");
        asked.proof = new bytes32[](1);
        asked.proof[0] = svm.createBytes32("sibling");
        vm.assume(uint40(batch) < SERIALS - 2);
        // Proven: no root has a leaf without an owner ({Settling.check_settle}).
        vm.assume(asked.owner != address(0));
        unchecked {
            // What is beyond its bits is cut off here, and refused there.
            asked.id = ((batch >> 136) << 136) | (uint256(uint96(asked.principal)) << 40)
                | (uint40(batch) + uint256(uint40(asked.index)));
        }
    }
}
