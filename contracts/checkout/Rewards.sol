// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {ICheckout, RewardBatch} from "../interfaces/ICheckout.sol";
import {IFEC} from "../interfaces/IFEC.sol";
import {ProgramTerms} from "./ProgramTerms.sol";

/// @title Checkout: rewards
/// @notice Merchants burn their own FEC into nodes for what shoppers did: one at a time, or thousands under one Merkle root.
abstract contract Rewards is ProgramTerms {
    using BitMaps for BitMaps.BitMap;
    using SafeERC20 for IFEC;

    // -------------------------------------------------------------------- state

    uint256 private _batchCount;
    mapping(uint256 batchId => RewardBatch) private _batches;
    mapping(uint256 batchId => BitMaps.BitMap) private _taken;

    // ------------------------------------------------------------------ rewards

    /// @inheritdoc ICheckout
    function reward(uint256 programId, address shopper, uint256 amount, bytes32 reason)
        external
        returns (uint256 tokenId)
    {
        _checkSignerOrOperator(programId);
        _checkAmount(amount);
        _checkQuota(programId, amount);
        fec.safeTransferFrom(msg.sender, address(this), amount);
        // The receiver's hook comes after all state; only this event, which needs the id, follows it.
        // slither-disable-next-line reentrancy-events
        tokenId = adn.mint(programId, amount, shopper);
        emit Rewarded(programId, shopper, tokenId, amount, reason);
    }

    /// @inheritdoc ICheckout
    function fundRewards(uint256 programId, bytes32 root, uint256 amount, uint256 deadline, bytes32 reason)
        external
        returns (uint256 batchId)
    {
        _checkSignerOrOperator(programId);
        _checkAmount(amount);
        _checkQuota(programId, amount);
        if (deadline < block.timestamp) revert Checkout_DeadlinePassed(deadline, block.timestamp);
        batchId = ++_batchCount;
        // forge-lint: disable-next-line(unsafe-typecast) -- checked to fit 96 bits
        _programStates[programId].reserved += uint96(amount);
        _batches[batchId] =
            RewardBatch({funder: msg.sender, programId: programId, root: root, left: amount, deadline: deadline});
        emit RewardsFunded(batchId, programId, msg.sender, root, amount, deadline, reason);
        fec.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc ICheckout
    function takeReward(uint256 batchId, uint256 index, address shopper, uint256 amount, bytes32[] calldata proof)
        external
        returns (uint256 tokenId)
    {
        RewardBatch storage batch = _knownBatch(batchId);
        if (block.timestamp > batch.deadline) revert Checkout_BatchOver(batchId, batch.deadline);
        if (_taken[batchId].get(index)) revert Checkout_RewardTaken(batchId, index);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(index, shopper, amount))));
        if (!MerkleProof.verifyCalldata(proof, batch.root, leaf)) revert Checkout_InvalidProof(batchId, index);
        uint256 left = batch.left;
        if (amount > left) revert Checkout_BatchExhausted(batchId, amount, left);

        _taken[batchId].set(index);
        batch.left = left - amount;
        // forge-lint: disable-next-line(unsafe-typecast) -- at most what the batch reserved, in 96 bits
        _programStates[batch.programId].reserved -= uint96(amount);
        // slither-disable-next-line reentrancy-events -- as in reward
        tokenId = adn.mint(batch.programId, amount, shopper);
        emit RewardTaken(batchId, index, shopper, tokenId, amount);
    }

    /// @inheritdoc ICheckout
    function reclaimRewards(uint256 batchId) external {
        RewardBatch storage batch = _knownBatch(batchId);
        // Nothing can be taken any more once the program is closed, however far the deadline.
        if (block.timestamp <= batch.deadline && !adn.programOf(batch.programId).closed) {
            revert Checkout_BatchOpen(batchId, batch.deadline);
        }
        uint256 left = batch.left;
        if (left == 0) revert Checkout_BatchExhausted(batchId, 0, 0);
        batch.left = 0;
        // forge-lint: disable-next-line(unsafe-typecast) -- what the batch reserved, in 96 bits
        _programStates[batch.programId].reserved -= uint96(left);
        emit RewardsReclaimed(batchId, left);
        fec.safeTransfer(batch.funder, left);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICheckout
    function rewardBatchOf(uint256 batchId) external view returns (RewardBatch memory) {
        return _knownBatch(batchId);
    }

    /// @inheritdoc ICheckout
    function isRewardTaken(uint256 batchId, uint256 index) external view returns (bool) {
        return _taken[batchId].get(index);
    }

    function _knownBatch(uint256 batchId) private view returns (RewardBatch storage batch) {
        batch = _batches[batchId];
        if (batch.funder == address(0)) revert Checkout_UnknownBatch(batchId);
    }
}
