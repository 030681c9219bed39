// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Claims, from any state. That a node of 95 bits of claims cannot spill over is part of what is proven.
/// @custom:unknown libraries
contract NodeClaims is AnyNodes {
    /// @notice G2, G4: a claim by owner or approved pays exactly what is released and unpaid, and touches nothing else.
    function check_claim() external {
        uint256 id = svm.createUint256("id");
        address caller = svm.createAddress("caller");
        Seen memory node = _assumeFine(id);
        Words memory words = _words(id);
        _watch(id);
        uint256 balance = fec.balanceOf(caller);
        bool may = _either(caller == node.owner, _mayClaim(id, node.owner, caller));
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.claim, (id)))) return;
        assert(_all(may, node.owner != address(0), node.claimed < node.released));
        words.state = _pack(node.owner, node.released, node.resized);
        unchecked {
            uint256 paid = node.released - node.claimed;
            assert(_same(words, _words(id)));
            assert(_both(fec.balanceOf(caller) - balance == paid, _untouched(paid)));
        }
    }

    /// @notice G1: a claim of the owner's cannot fail while something is released and unpaid.
    function check_claim_succeeds() external {
        uint256 id = svm.createUint256("id");
        Seen memory node = _assumeFine(id);
        vm.assume(_both(node.owner != address(0), node.claimed < node.released));
        unchecked {
            // G1 before the claim: what the node still owes is part of what is outstanding.
            uint256 due = node.released - node.claimed;
            vm.assume(_all(supply <= cap, due <= cap, supply + due <= cap));
        }
        assert(_callAs(node.owner, address(adn), abi.encodeCall(adn.claim, (id))));
    }

    /// @notice G2, G4: anybody may make a node pay, but it is its owner who is paid, what is released and unpaid.
    function check_claimFor() external {
        uint256[] memory ids = _one();
        Seen memory node = _assumeFine(ids[0]);
        Words memory words = _words(ids[0]);
        _watch(ids[0]);
        vm.assume(node.owner != address(0));
        uint256 balance = fec.balanceOf(node.owner);
        if (!_callAs(svm.createAddress("caller"), address(adn), abi.encodeCall(adn.claimFor, (ids)))) return;
        unchecked {
            uint256 paid = node.released > node.claimed ? node.released - node.claimed : 0;
            words.state = _pack(node.owner, node.claimed + paid, node.resized);
            assert(_same(words, _words(ids[0])));
            assert(_both(fec.balanceOf(node.owner) - balance == paid, _untouched(paid)));
        }
    }

    /// @notice G2, G4: a claim to anybody, by who may claim from the node, pays what is released and unpaid.
    function check_claimTo() external {
        uint256[] memory ids = _one();
        (address caller, address to) = (svm.createAddress("caller"), svm.createAddress("to"));
        Seen memory node = _assumeFine(ids[0]);
        Words memory words = _words(ids[0]);
        _watch(ids[0]);
        bool may = _either(caller == node.owner, adn.isApprovedForAll(node.owner, caller));
        may = _either(may, _both(node.owner != address(0), _mayClaim(ids[0], node.owner, caller)));
        uint256 balance = fec.balanceOf(to);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.claimTo, (ids, to)))) return;
        assert(_both(may, node.claimed < node.released));
        words.state = _pack(node.owner, node.released, node.resized);
        unchecked {
            uint256 paid = node.released - node.claimed;
            assert(_same(words, _words(ids[0])));
            assert(_both(fec.balanceOf(to) - balance == paid, _untouched(paid)));
        }
    }

    /// @dev One id, in a list. Programs count from one, so that no node is of class zero.
    function _one() private pure returns (uint256[] memory ids) {
        ids = new uint256[](1);
        ids[0] = svm.createUint256("id");
        vm.assume(ids[0] >> 200 != 0);
    }

    function _mayClaim(uint256 id, address owner, address caller) private view returns (bool) {
        return _either(
            address(uint160(_word(address(adn), id, CLAIM_APPROVALS_SLOT, 0))) == caller,
            adn.isClaimApprovedForAll(owner, caller)
        );
    }
}
