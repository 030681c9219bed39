// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Claims, from any state. That a node of 95 bits of claims cannot spill over is part of what is proven.
/// @custom:unknown ReleaseCurve.sol
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
    /// @custom:slow its witness compiles everything again
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

    function _mayClaim(uint256 id, address owner, address caller) private view returns (bool) {
        return _either(
            address(uint160(_word(address(adn), id, CLAIM_APPROVALS_SLOT, 0))) == caller,
            adn.isClaimApprovedForAll(owner, caller)
        );
    }
}
