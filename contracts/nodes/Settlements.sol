// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN, Settlement} from "../interfaces/IADN.sol";
import {IFEC} from "../interfaces/IFEC.sol";
import {NodeId} from "../libraries/NodeId.sol";
import {SettlementId} from "../libraries/SettlementId.sol";
import {SettlementLeaves} from "../libraries/SettlementLeaves.sol";
import {SettlementTree} from "../libraries/SettlementTree.sol";
import {Programs} from "./Programs.sol";

/// @title The nodes: settlements
/// @notice Thousands of nodes under one stored word, the root of a tree that is built here: no root promises more than was burned.
abstract contract Settlements is Programs {
    using NodeId for uint256;
    using SettlementId for uint256;
    using SettlementLeaves for bytes;

    // ---------------------------------------------------------------- constants

    /// @inheritdoc IADN
    /// @dev A thousandth of a FEC. Keeps dust from being spun off by the million, and makes rounding harmless: when a node is
    /// split right after a claim, the parts may have released up to a wei each less than the whole had paid; that surplus
    /// stays with the rest, less than two wei for each part split off in the period, and its next period releases at least
    /// 10·10^15·w(1) ≈ 3.8·10^12 wei.
    uint256 public constant MIN_SPLIT_PRINCIPAL = 1e15;

    // -------------------------------------------------------------------- state

    /// @inheritdoc IADN
    IFEC public immutable fec;

    mapping(uint256 settlementId => bytes32) private _roots;

    constructor(address owner_, IFEC fec_) Programs(owner_) {
        fec = fec_;
    }

    // -------------------------------------------------------------- settlements

    /// @inheritdoc IADN
    function settle(uint256 programId, bytes calldata leaves) external returns (uint256 settlementId) {
        // Check: there are leaves, each with an owner and none of them dust.
        uint256 count = SettlementLeaves.countOf(leaves.length);
        uint256 firstId = _nextId(programId);
        (bytes32[] memory hashes, uint256 total, bool sound) =
            SettlementTree.hashLeaves(leaves, firstId, MIN_SPLIT_PRINCIPAL);
        if (!sound) _refuse(leaves, count);

        // Check and effect: the program admits this caller and the sum; its quota and serials. The root.
        _issue(programId, total, count);
        settlementId = SettlementId.pack(count, firstId.withPrincipal(total));
        bytes32 root = SettlementTree.root(hashes);
        _roots[settlementId] = root;
        emit NodesSettled(settlementId, programId, firstId.start(), firstId.serial(), root, leaves);

        // Interaction: the coupon.
        fec.burn(msg.sender, total);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc IADN
    function settlementOf(uint256 settlementId) external view returns (Settlement memory) {
        bytes32 root = _knownRoot(settlementId);
        uint256 batch = settlementId.batch();
        return Settlement({
            programId: batch.programId(),
            start: uint40(batch.start()),
            periodLength: uint24(batch.periodLength()),
            firstSerial: uint40(batch.serial()),
            count: uint24(settlementId.count()),
            total: uint96(batch.birthPrincipal()),
            root: root
        });
    }

    // ---------------------------------------------------------------- internals

    /// @dev Id of the settled node that a proof is for.
    function _proven(uint256 settlementId, uint256 index, address owner, uint256 principal, bytes32[] calldata proof)
        internal
        view
        returns (uint256 tokenId)
    {
        bytes32 root = _knownRoot(settlementId);
        uint256 count = settlementId.count();
        // What does not fit its bits would spill into others of the id.
        if (index >= count) revert ADN_NoSuchLeaf(settlementId, index, count);
        if (principal > type(uint96).max) revert ADN_PrincipalTooLarge(principal, type(uint96).max);
        tokenId = settlementId.nodeAt(index, principal);
        if (!SettlementTree.proves(root, SettlementTree.hashLeaf(tokenId, owner), index, count, proof)) {
            revert ADN_InvalidProof(settlementId, index);
        }
    }

    function _knownRoot(uint256 settlementId) private view returns (bytes32 root) {
        root = _roots[settlementId];
        // slither-disable-next-line incorrect-equality -- a hash that is there, or not
        if (root == 0) revert ADN_UnknownSettlement(settlementId);
    }

    /// @dev Reverts for the first leaf that has no owner or is dust.
    function _refuse(bytes calldata leaves, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            (address owner, uint256 principal) = leaves.leafAt(i);
            if (owner == address(0)) revert ADN_LeafWithoutOwner(i);
            if (principal < MIN_SPLIT_PRINCIPAL) revert ADN_LeafTooSmall(i, principal, MIN_SPLIT_PRINCIPAL);
        }
    }
}
