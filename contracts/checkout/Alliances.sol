// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {ICheckout} from "../interfaces/ICheckout.sol";
import {ProgramTerms} from "./ProgramTerms.sol";

/// @title Checkout: credit and alliances
/// @notice What customers have spent for good decides their tier. Programs that form an alliance by mutual consent share it:
/// while in one, a program credits each spend to its own books and to the alliance's, and looks at the better of the two.
abstract contract Alliances is ProgramTerms {
    /// @dev `joins` counts how often a program has joined: what it approved before it left is void.
    struct Alliance {
        uint256[] members;
        mapping(uint256 memberId => uint256) joins;
        mapping(uint256 memberId => mapping(uint256 join => mapping(uint256 candidateId => bool))) approved;
    }

    /// @dev What a customer has spent for good, in wei. A struct of one word, so that its place is hashed for once.
    struct Spend {
        uint256 amount;
    }

    // ---------------------------------------------------------------- constants

    /// @inheritdoc ICheckout
    uint256 public constant MAX_MEMBERS = 16;

    // -------------------------------------------------------------------- state

    uint64 private _allianceCount;
    mapping(uint256 allianceId => Alliance) private _alliances;
    mapping(uint256 programId => mapping(address customer => Spend)) private _spentWithProgram;
    mapping(uint256 allianceId => mapping(address customer => Spend)) private _spentWithAlliance;

    // ---------------------------------------------------------------- alliances

    /// @inheritdoc ICheckout
    function foundAlliance(uint256 programId) external returns (uint256 allianceId) {
        _checkOperator(programId);
        _checkInNone(programId);
        allianceId = ++_allianceCount;
        _join(programId, allianceId);
    }

    /// @inheritdoc ICheckout
    function approveCandidate(uint256 programId, uint256 candidateId, bool approved) external {
        _checkOperator(programId);
        uint256 allianceId = _checkInOne(programId);
        if (_programStates[candidateId].allianceId == allianceId) {
            revert Checkout_AlreadyInAlliance(candidateId, allianceId);
        }
        Alliance storage alliance = _alliances[allianceId];
        alliance.approved[programId][alliance.joins[programId]][candidateId] = approved;
        emit AllianceCandidateApproved(allianceId, programId, candidateId, approved);
    }

    /// @inheritdoc ICheckout
    function joinAlliance(uint256 programId, uint256 allianceId) external {
        _checkOperator(programId);
        _checkInNone(programId);
        Alliance storage alliance = _alliances[allianceId];
        uint256 count = alliance.members.length;
        if (count == 0) revert Checkout_UnknownAlliance(allianceId);
        if (count == MAX_MEMBERS) revert Checkout_AllianceFull(allianceId, MAX_MEMBERS);
        for (uint256 i = 0; i < count; ++i) {
            uint256 memberId = alliance.members[i];
            mapping(uint256 => bool) storage approved = alliance.approved[memberId][alliance.joins[memberId]];
            if (!approved[programId]) revert Checkout_NotApprovedBy(allianceId, memberId, programId);
            // Consent is used up: who leaves has to be asked back in.
            delete approved[programId];
        }
        _join(programId, allianceId);
    }

    /// @inheritdoc ICheckout
    function leaveAlliance(uint256 programId) external {
        _checkOperator(programId);
        uint256 allianceId = _checkInOne(programId);
        uint256[] storage members = _alliances[allianceId].members;
        uint256 last = members.length - 1;
        for (uint256 i = 0; i < last; ++i) {
            if (members[i] == programId) {
                members[i] = members[last];
                break;
            }
        }
        members.pop();
        _programStates[programId].allianceId = 0;
        emit AllianceLeft(allianceId, programId);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICheckout
    function spendOf(uint256 programId, address customer) public view returns (uint256) {
        return _better(_spentWith(programId, customer), _programStates[programId].allianceId, customer);
    }

    /// @inheritdoc ICheckout
    function allianceOf(uint256 programId) external view returns (uint256) {
        return _programStates[programId].allianceId;
    }

    /// @inheritdoc ICheckout
    function membersOf(uint256 allianceId) external view returns (uint256[] memory) {
        return _alliances[allianceId].members;
    }

    // ---------------------------------------------------------------- internals

    function _spentWith(uint256 programId, address customer) internal view returns (Spend storage) {
        return _spentWithProgram[programId][customer];
    }

    /// @dev Of what a customer has spent with a program and with its alliance, if it is in one, whichever is more.
    function _better(Spend storage spent, uint256 allianceId, address customer) internal view returns (uint256 spend) {
        spend = spent.amount;
        if (allianceId != 0) spend = Math.max(spend, _spentWithAlliance[allianceId][customer].amount);
    }

    function _credit(Spend storage spent, uint256 allianceId, address customer, uint256 amount) internal {
        spent.amount += amount;
        if (allianceId != 0) _spentWithAlliance[allianceId][customer].amount += amount;
    }

    function _join(uint256 programId, uint256 allianceId) private {
        _alliances[allianceId].members.push(programId);
        ++_alliances[allianceId].joins[programId];
        // forge-lint: disable-next-line(unsafe-typecast) -- an alliance there is; they are counted in 64 bits
        _programStates[programId].allianceId = uint64(allianceId);
        emit AllianceJoined(allianceId, programId);
    }

    function _checkInNone(uint256 programId) private view {
        uint256 allianceId = _programStates[programId].allianceId;
        if (allianceId != 0) revert Checkout_AlreadyInAlliance(programId, allianceId);
    }

    function _checkInOne(uint256 programId) private view returns (uint256 allianceId) {
        allianceId = _programStates[programId].allianceId;
        if (allianceId == 0) revert Checkout_NotInAlliance(programId);
    }
}
