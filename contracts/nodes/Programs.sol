// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";

import {IADN, Program} from "../interfaces/IADN.sol";
import {NodeId} from "../libraries/NodeId.sol";

/// @title The nodes: programs
/// @notice Who may mint where, in what periods, and how much: quotas out of one lifetime budget. Nothing here can touch a node.
abstract contract Programs is Ownable2Step, IADN {
    /// @dev A mint reads the first two words and writes the first.
    struct ProgramRecord {
        uint96 quota;
        uint40 minted;
        uint40 origin;
        uint24 periodLength;
        bool closed;
        address issuer;
        address operator;
        uint96 granted;
    }

    // ---------------------------------------------------------------- constants

    /// @inheritdoc IADN
    uint256 public constant MIN_PERIOD_LENGTH = 12 hours;

    /// @inheritdoc IADN
    uint256 public constant MAX_PERIOD_LENGTH = 90 days;

    // -------------------------------------------------------------------- state

    /// @inheritdoc IADN
    uint256 public programCount;

    /// @inheritdoc IADN
    uint256 public budget;

    mapping(uint256 programId => ProgramRecord) internal _programs;

    constructor(address owner_) Ownable(owner_) {}

    // ----------------------------------------------------------------- programs

    /// @inheritdoc IADN
    function createProgram(address operator, address issuer, uint32 periodLength, uint40 origin, uint256 quota)
        external
        onlyOwner
        returns (uint256 programId)
    {
        return _createProgram(operator, issuer, periodLength, origin, quota);
    }

    /// @inheritdoc IADN
    function grantQuota(uint256 programId, uint256 amount) external onlyOwner {
        ProgramRecord storage program = _openProgram(programId);
        _takeFromBudget(amount);
        // forge-lint: disable-next-line(unsafe-typecast) -- at most the budget, below 2^95
        program.quota += uint96(amount);
        // forge-lint: disable-next-line(unsafe-typecast) -- at most the budget, below 2^95
        program.granted += uint96(amount);
        emit QuotaGranted(programId, amount);
    }

    /// @inheritdoc IADN
    function closeProgram(uint256 programId) external {
        ProgramRecord storage program = _openProgram(programId);
        if (msg.sender != program.operator && msg.sender != owner()) {
            revert ADN_NotProgramOperator(programId, msg.sender);
        }
        uint96 returned = program.quota;
        program.closed = true;
        program.quota = 0;
        program.granted -= returned;
        budget += returned;
        emit ProgramClosed(programId, returned);
    }

    /// @inheritdoc IADN
    function setProgramOperator(uint256 programId, address operator) external {
        ProgramRecord storage program = _knownProgram(programId);
        if (msg.sender != program.operator) revert ADN_NotProgramOperator(programId, msg.sender);
        if (operator == address(0)) revert ADN_ZeroOperator();
        program.operator = operator;
        emit ProgramOperatorChanged(programId, msg.sender, operator);
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc IADN
    function programOf(uint256 programId) external view returns (Program memory) {
        ProgramRecord storage program = _knownProgram(programId);
        return Program({
            operator: program.operator,
            issuer: program.issuer,
            periodLength: program.periodLength,
            origin: program.origin,
            quota: program.quota,
            burned: program.granted - program.quota,
            closed: program.closed
        });
    }

    // ---------------------------------------------------------------- internals

    function _knownProgram(uint256 programId) internal view returns (ProgramRecord storage program) {
        program = _programs[programId];
        if (program.periodLength == 0) revert ADN_UnknownProgram(programId);
    }

    function _openProgram(uint256 programId) internal view returns (ProgramRecord storage program) {
        program = _knownProgram(programId);
        if (program.closed) revert ADN_ProgramClosed(programId);
    }

    /// @dev What the id of a program's next node is but for its principal, if it is minted now.
    function _nextId(uint256 programId) internal view returns (uint256) {
        ProgramRecord storage program = _knownProgram(programId);
        uint256 periodLength = program.periodLength;
        unchecked {
            // slither-disable-next-line weak-prng -- a place on the grid of periods; nothing is drawn by lot
            uint256 start = block.timestamp - (block.timestamp - program.origin) % periodLength;
            return NodeId.pack(programId, periodLength, start, 0, uint256(program.minted) + 1);
        }
    }

    /// @dev Takes principal and serials off a program for so many nodes that its issuer makes now.
    function _issue(uint256 programId, uint256 principal, uint256 count) internal {
        // Check: the program admits this caller and this principal.
        ProgramRecord storage program = _openProgram(programId);
        address issuer = program.issuer;
        if (issuer != address(0) && msg.sender != issuer) revert ADN_NotIssuer(programId, msg.sender, issuer);
        uint256 quota = program.quota;
        if (principal > quota) revert ADN_QuotaExceeded(programId, principal, quota);

        // Effect: quota and serials.
        // forge-lint: disable-next-line(unsafe-typecast) -- less than the quota, which has 96 bits
        program.quota = uint96(quota - principal);
        // forge-lint: disable-next-line(unsafe-typecast) -- leaves are counted in 24 bits
        program.minted += uint40(count);
    }

    function _takeFromBudget(uint256 amount) internal {
        uint256 left = budget;
        if (amount > left) revert ADN_BudgetExceeded(amount, left);
        budget = left - amount;
    }

    function _createProgram(address operator, address issuer, uint32 periodLength, uint40 origin, uint256 quota)
        internal
        returns (uint256 programId)
    {
        if (operator == address(0)) revert ADN_ZeroOperator();
        if (periodLength < MIN_PERIOD_LENGTH || periodLength > MAX_PERIOD_LENGTH) {
            revert ADN_PeriodOutOfRange(periodLength, MIN_PERIOD_LENGTH, MAX_PERIOD_LENGTH);
        }
        if (origin > block.timestamp) revert ADN_OriginInFuture(origin, block.timestamp);
        _takeFromBudget(quota);
        programId = ++programCount;
        _programs[programId] = ProgramRecord({
            // forge-lint: disable-next-line(unsafe-typecast) -- at most the budget, below 2^95
            quota: uint96(quota),
            minted: 0,
            origin: origin,
            // forge-lint: disable-next-line(unsafe-typecast) -- at most 90 days, below 2^24 seconds
            periodLength: uint24(periodLength),
            closed: false,
            issuer: issuer,
            operator: operator,
            // forge-lint: disable-next-line(unsafe-typecast) -- at most the budget, below 2^95
            granted: uint96(quota)
        });
        emit ProgramCreated(programId, operator, issuer, periodLength, origin, quota);
    }
}
