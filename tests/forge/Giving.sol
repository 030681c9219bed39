// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ICheckout} from "../../contracts/interfaces/ICheckout.sol";
import {CheckoutOrders} from "./CheckoutOrders.sol";
import {vm} from "./Vm.sol";

/// @title Actions with rewards: single ones, and batches under a Merkle root
abstract contract Giving is CheckoutOrders {
    function reward(uint256 seed) external {
        uint256 programId = _sellingProgram(seed);
        if (programId == 0) return;
        address caller = _signerOrOperator(seed, programId);
        uint256 amount = _amount(seed, _least(coins[caller], _quotaLeft(programId)));
        if (amount == 0) return;
        address shopper = _owner(seed, "shopper");
        _allow(caller, amount);
        vm.prank(caller);
        uint256 tokenId = checkout.reward(programId, shopper, amount, bytes32(seed));
        require(tokenId == _mint(caller, programId, amount, shopper), "reward: token id");
        _succeeded("reward");
    }

    function fundRewards(uint256 seed) external {
        uint256 programId = _sellingProgram(seed);
        if (programId == 0) return;
        address caller = _signerOrOperator(seed, programId);
        uint256 most = _least(coins[caller], _quotaLeft(programId));
        uint256 count = 1 + _rand(seed, "count") % 5;
        if (most < count) return;
        GhostBatch storage batch = batches.push();
        for (uint256 i = 0; i < count; ++i) {
            uint256 amount = _amount(seed ^ i, most / count);
            batch.shoppers.push(_owner(seed ^ i, "shopper"));
            batch.amounts.push(amount);
            batch.taken.push(false);
            batch.left += amount;
        }
        batch.funder = caller;
        batch.programId = programId;
        batch.deadline = clock + _rand(seed, "deadline") % 30 days;
        (bytes32 root,) = _tree(batch, 0);
        _allow(caller, batch.left);
        vm.prank(caller);
        uint256 batchId = checkout.fundRewards(programId, root, batch.left, batch.deadline, bytes32(seed));
        require(batchId == batches.length, "fundRewards: id");
        _move(caller, address(checkout), batch.left);
        _succeeded("fundRewards");
    }

    function takeReward(uint256 seed) external {
        (uint256 batchId, uint256 index) = _takeable(seed);
        if (batchId == 0) return;
        GhostBatch storage batch = batches[batchId - 1];
        (, bytes32[] memory proof) = _tree(batch, index);
        (address shopper, uint256 amount) = (batch.shoppers[index], batch.amounts[index]);
        vm.prank(stranger);
        uint256 tokenId = checkout.takeReward(batchId, index, shopper, amount, proof);
        batch.taken[index] = true;
        batch.left -= amount;
        require(tokenId == _mint(address(checkout), batch.programId, amount, shopper), "takeReward: token id");
        _succeeded("takeReward");
        bytes memory again = abi.encodeCall(ICheckout.takeReward, (batchId, index, shopper, amount, proof));
        bytes memory expected = abi.encodeWithSelector(ICheckout.Checkout_RewardTaken.selector, batchId, index);
        _refused(stranger, address(checkout), again, expected, "a reward taken before");
    }

    /// @dev After the deadline, or once the program is closed.
    function reclaimRewards(uint256 seed) external {
        for (uint256 i = 0; i < batches.length; ++i) {
            uint256 place = (_rand(seed, "batch") % batches.length + i) % batches.length;
            GhostBatch storage batch = batches[place];
            if (batch.left == 0) continue;
            if (!_program(batch.programId).closed) _wait(batch.deadline + 1);
            vm.prank(stranger);
            checkout.reclaimRewards(place + 1);
            _move(address(checkout), batch.funder, batch.left);
            batch.left = 0;
            _succeeded("reclaimRewards");
            return;
        }
    }

    // ----------------------------------------------------------------- refusals

    /// @dev A call that must fail with this very error, names and values, and nothing else.
    function _refused(address caller, address target, bytes memory call, bytes memory expected, string memory action)
        internal
    {
        vm.prank(caller);
        (bool success, bytes memory actual) = target.call(call);
        require(!success, string.concat("not refused: ", action));
        require(keccak256(actual) == keccak256(expected), string.concat("refused otherwise: ", action));
        _succeeded(string.concat("refused ", action));
    }

    // -------------------------------------------------------------------- trees

    function _leaf(GhostBatch storage batch, uint256 index) internal view returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(index, batch.shoppers[index], batch.amounts[index]))));
    }

    /// @dev Root over all leaves and the proof of one; pairs are sorted, an odd one goes up as it is.
    function _tree(GhostBatch storage batch, uint256 index) internal view returns (bytes32, bytes32[] memory proof) {
        uint256 width = batch.shoppers.length;
        bytes32[] memory level = new bytes32[](width);
        for (uint256 i = 0; i < width; ++i) {
            level[i] = _leaf(batch, i);
        }
        proof = new bytes32[](8);
        uint256 depth = 0;
        for (; width > 1; width = (width + 1) / 2) {
            if (index ^ 1 < width) proof[depth++] = level[index ^ 1];
            index /= 2;
            for (uint256 i = 0; i < width; i += 2) {
                level[i / 2] = i + 1 == width ? level[i] : _pair(level[i], level[i + 1]);
            }
        }
        bytes32[] memory path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            path[i] = proof[i];
        }
        return (level[0], path);
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    // ------------------------------------------------------------------ choices

    /// @dev A reward that can be taken now; batch zero if there is none.
    function _takeable(uint256 seed) internal view returns (uint256 batchId, uint256 index) {
        for (uint256 i = 0; i < batches.length; ++i) {
            uint256 place = (_rand(seed, "batch") % batches.length + i) % batches.length;
            GhostBatch storage batch = batches[place];
            if (clock > batch.deadline || batch.left == 0 || _program(batch.programId).closed) continue;
            for (uint256 j = 0; j < batch.amounts.length; ++j) {
                bool covered = batch.amounts[j] <= _program(batch.programId).quota;
                if (!batch.taken[j] && covered) return (place + 1, j);
            }
        }
    }

    /// @dev The program's signer, or its operator.
    function _signerOrOperator(uint256 seed, uint256 programId) internal view returns (address) {
        GhostProgram storage program = _program(programId);
        return _rand(seed, "signer") % 2 == 0 ? _terms(programId, program.version).signer : program.operator;
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
