// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Settlements, from any state: what they burn and promise, and what can be opened of them. Of three leaves, so that there
/// is a pair, an odd one that is carried up, and an inner node between.
/// @custom:unknown libraries
contract Settling is AnyNodes {
    uint256 private constant LEAVES = 3;

    address[] private owners;
    uint256[] private principals;

    /// @notice G1, G4: a settlement burns the sum of its leaves of its caller's coins out of the quota, by the issuer if there is one;
    /// each leaf has an owner; the id says count, sum and first serial; the root is that of the leaves.
    function check_settle() external {
        (address caller, uint256 programId) = (svm.createAddress("caller"), svm.createUint(32, "program"));
        (uint256 quota, uint256 minted) = _quotaAndMinted(programId);
        address issuer = address(uint160(_word(address(adn), programId, PROGRAMS_SLOT, 1)));
        uint256 balance = fec.balanceOf(caller);
        vm.assume(minted < SERIALS - LEAVES);
        (bytes memory leaves, uint256 total) = _anyLeaves();
        uint256 next = _nextOf(programId, total, minted);
        _watch(next);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.settle, (programId, leaves)))) return;
        assert(_either(issuer == address(0), issuer == caller));
        for (uint256 i = 0; i < LEAVES; ++i) {
            assert(_both(owners[i] != address(0), principals[i] >= 1e15));
        }
        unchecked {
            (uint256 quotaLeft, uint256 mintedNow) = _quotaAndMinted(programId);
            assert(_all(quotaLeft == uint96(quota - total), total <= quota, mintedNow == minted + LEAVES));
            assert(_both(fec.balanceOf(caller) == balance - total, total <= balance));
            assert(_both(fec.totalSupply() == uint128(supply - total), fec.totalBurned() == uint128(burned + total)));
        }
        assert(_same(watched, _words(other)));
        assert(_word(address(adn), (LEAVES << 232) | next, ROOTS_SLOT, 0) == uint256(_rootOf(next)));
    }

    /// @notice G2: whatever was settled opens, each leaf with the proof of its place, once, for its owner.
    function check_every_leaf_opens() external {
        uint256 settlementId = _settled();
        uint256 index = svm.createUint(2, "index");
        vm.assume(index < LEAVES);
        // One of three, each with the proof that its place has.
        uint256 place = index == 0 ? 0 : index == 1 ? 1 : 2;
        uint256 id = _idAt(settlementId, place);
        vm.assume(_word(address(adn), id, NODES_SLOT, 0) == 0);
        bytes memory call = abi.encodeCall(
            adn.open, (settlementId, place, owners[place], principals[place], _proofAt(settlementId, place))
        );
        assert(_callAs(svm.createAddress("opener"), address(adn), call));
        assert(_words(id).state == uint160(owners[place]));
        assert(!_callAs(svm.createAddress("again"), address(adn), call));
    }

    /// @notice G1, G4: nothing else opens: no other owner, principal or place, no inner node, and no proof that is shorter or longer.
    function check_only_leaves_open() external {
        uint256 settlementId = _settled();
        (uint256 index, address owner) = (svm.createUint256("index"), svm.createAddress("owner"));
        (uint256 principal, uint256 length) = (svm.createUint256("principal"), svm.createUint(2, "length"));
        bytes32[] memory proof = new bytes32[](length == 0 ? 0 : length == 1 ? 1 : length == 2 ? 2 : 3);
        for (uint256 i = 0; i < proof.length; ++i) {
            proof[i] = svm.createBytes32("hash");
        }
        bytes memory call = abi.encodeCall(adn.open, (settlementId, index, owner, principal, proof));
        if (!_callAs(svm.createAddress("opener"), address(adn), call)) return;
        assert(index < LEAVES);
        uint256 place = index == 0 ? 0 : index == 1 ? 1 : 2;
        assert(_both(owner == owners[place], principal == principals[place]));
        assert(proof.length == (place == 2 ? 1 : 2));
    }

    /// @dev A settlement that went through, by anybody.
    function _settled() private returns (uint256 settlementId) {
        uint256 programId = svm.createUint(32, "program");
        (, uint256 minted) = _quotaAndMinted(programId);
        vm.assume(minted < SERIALS - LEAVES);
        (bytes memory leaves, uint256 total) = _anyLeaves();
        settlementId = (LEAVES << 232) | _nextOf(programId, total, minted);
        bool succeeded =
            _callAs(svm.createAddress("caller"), address(adn), abi.encodeCall(adn.settle, (programId, leaves)));
        vm.assume(succeeded);
    }

    function _anyLeaves() private returns (bytes memory leaves, uint256 total) {
        for (uint256 i = 0; i < LEAVES; ++i) {
            (address owner, uint256 principal) = (svm.createAddress("leaf owner"), svm.createUint(96, "leaf principal"));
            owners.push(owner);
            principals.push(principal);
            leaves = abi.encodePacked(leaves, owner, uint96(principal));
            unchecked {
                total += principal;
            }
        }
    }

    function _idAt(uint256 settlementId, uint256 place) private view returns (uint256) {
        unchecked {
            uint256 class = ((settlementId << 24) >> 160) << 136;
            return class | (principals[place] << 40) | (uint40(settlementId) + place);
        }
    }

    function _hashAt(uint256 settlementId, uint256 place) private view returns (bytes32) {
        return keccak256(abi.encodePacked(_idAt(settlementId, place), owners[place]));
    }

    function _rootOf(uint256 settlementId) private view returns (bytes32) {
        bytes32 pair = keccak256(abi.encodePacked(_hashAt(settlementId, 0), _hashAt(settlementId, 1)));
        return keccak256(abi.encodePacked(pair, _hashAt(settlementId, 2)));
    }

    function _proofAt(uint256 settlementId, uint256 place) private view returns (bytes32[] memory proof) {
        if (place == 2) {
            proof = new bytes32[](1);
            proof[0] = keccak256(abi.encodePacked(_hashAt(settlementId, 0), _hashAt(settlementId, 1)));
            return proof;
        }
        proof = new bytes32[](2);
        proof[0] = _hashAt(settlementId, 1 - place);
        proof[1] = _hashAt(settlementId, 2);
    }
}
