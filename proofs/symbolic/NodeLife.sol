// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Nodes that come into being and change hands, from any state.
/// @custom:unknown libraries
contract NodeLife is AnyNodes {
    /// @notice G1, G3, G4: a mint burns its caller's coins out of the quota, by the issuer if there is one; the node
    /// starts in the period at hand, in which nothing is released.
    function check_mint() external {
        (address caller, address to) = (svm.createAddress("caller"), svm.createAddress("to"));
        uint256 programId = svm.createUint(32, "program");
        uint256 amount = svm.createUint256("amount");
        (uint256 quota, uint256 minted) = _quotaAndMinted(programId);
        address issuer = address(uint160(_word(address(adn), programId, PROGRAMS_SLOT, 1)));
        uint256 balance = fec.balanceOf(caller);
        vm.assume(minted < SERIALS - 1);
        uint256 id = _nextOf(programId, amount, minted);
        // Serials beyond those minted are unused.
        vm.assume(_word(address(adn), id, NODES_SLOT, 0) == 0);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.mint, (programId, amount, to)))) return;
        assert(_both(_either(issuer == address(0), issuer == caller), to != address(0)));
        assert(_words(id).state == uint160(to));
        unchecked {
            (uint256 quotaLeft, uint256 mintedNow) = _quotaAndMinted(programId);
            assert(_all(amount != 0, quotaLeft == uint96(quota - amount), amount <= quota, mintedNow == minted + 1));
            assert(_both(fec.balanceOf(caller) == balance - amount, amount <= balance));
            assert(_both(fec.totalSupply() == uint128(supply - amount), fec.totalBurned() == uint128(burned + amount)));
        }
    }

    /// @notice G4: only the owner, an operator or an approved account moves a node; all approvals of it, to claim included, end.
    function check_node_transfer() external {
        uint256 id = svm.createUint256("id");
        (address caller, address from, address to) =
            (svm.createAddress("caller"), svm.createAddress("from"), svm.createAddress("to"));
        Words memory words = _words(id);
        address owner = address(uint160(words.state));
        bool may =
            _either(caller == owner, _either(adn.isApprovedForAll(owner, caller), words.approval == uint160(caller)));
        // Nobody calls from the zero address, which OpenZeppelin's `_update` takes for no caller at all; so nobody operates for it.
        // A node that is nobody's has no approvals: those of a merged one are cleared.
        vm.assume(_both(caller != address(0), !adn.isApprovedForAll(address(0), caller)));
        vm.assume(_either(owner != address(0), words.approval == 0));
        _watch(id);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.transferFrom, (from, to, id)))) return;
        assert(_all(may, owner == from, owner != address(0), to != address(0)));
        words.state = ((words.state >> 160) << 160) | uint160(to);
        (words.approval, words.claimApproval) = (0, 0);
        assert(_both(_same(words, _words(id)), _untouched(0)));
    }
}
