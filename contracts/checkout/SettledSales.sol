// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ICheckout} from "../interfaces/ICheckout.sol";
import {IFEC} from "../interfaces/IFEC.sol";
import {SettlementLeaves} from "../libraries/SettlementLeaves.sol";
import {ProgramTerms} from "./ProgramTerms.sol";

/// @title Checkout: settlements
/// @notice Merchants burn their own FEC into nodes for many sales at once, each batch under a reference that is used once.
abstract contract SettledSales is ProgramTerms {
    using SafeERC20 for IFEC;
    using SettlementLeaves for bytes;

    // -------------------------------------------------------------------- state

    mapping(uint256 programId => mapping(bytes32 ref => uint256 settlementId)) private _settlements;

    // -------------------------------------------------------------- settlements

    /// @inheritdoc ICheckout
    function settle(uint256 programId, bytes calldata leaves, bytes32 ref) external returns (uint256 settlementId) {
        // Check: the caller may, the reference is new, and what is reserved stays covered.
        _checkSignerOrOperator(programId);
        uint256 before = _settlements[programId][ref];
        if (before != 0) revert Checkout_RefUsed(programId, ref, before);
        uint256 total = leaves.total();
        _checkQuota(programId, total);

        // Interaction: our own coupon and nodes, which call nobody. The coins come first: what is burned must not be escrow.
        fec.safeTransferFrom(msg.sender, address(this), total);
        settlementId = adn.settle(programId, leaves);
        // slither-disable-next-line reentrancy-no-eth,reentrancy-benign
        _settlements[programId][ref] = settlementId;
        // slither-disable-next-line reentrancy-events
        emit Settled(programId, ref, settlementId, msg.sender);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICheckout
    function settlementOfRef(uint256 programId, bytes32 ref) external view returns (uint256 settlementId) {
        return _settlements[programId][ref];
    }
}
