// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyNodes} from "./AnyNodes.sol";

/// @notice Programs, their quotas and the budget, from any state: what of G1 is not about coins.
/// @custom:unknown libraries
contract Quotas is AnyNodes {
    /// @dev What a program's words say. From the lowest bit, the first is quota (96), minted (40), origin (40), length (24), closed (8).
    struct Known {
        uint256 quota;
        uint256 length;
        bool closed;
        address issuer;
        address operator;
        uint256 granted;
    }

    /// @notice G1, G4: only the owner grants quota, to an open program, out of the budget.
    function check_grantQuota() external {
        (uint256 programId, address caller) = (svm.createUint256("program"), svm.createAddress("caller"));
        uint256 amount = svm.createUint256("amount");
        (Known memory was, uint256 budget) = (_known(programId), adn.budget());
        vm.assume(budget <= cap && was.quota <= cap - budget);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.grantQuota, (programId, amount)))) return;
        Known memory found = _known(programId);
        assert(_both(caller == adn.owner(), !was.closed));
        assert(_both(found.quota + adn.budget() == was.quota + budget, found.quota == was.quota + amount));
        assert(
            _all(found.issuer == was.issuer, found.operator == was.operator, found.length == was.length, !found.closed)
        );
    }

    /// @notice G1, G4: only its operator or the owner closes a program, for good; its quota goes back to the budget.
    function check_closeProgram() external {
        (uint256 programId, address caller) = (svm.createUint256("program"), svm.createAddress("caller"));
        (Known memory was, uint256 budget) = (_known(programId), adn.budget());
        vm.assume(budget <= cap && was.quota <= cap - budget);
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.closeProgram, (programId)))) return;
        Known memory found = _known(programId);
        assert(_both(_either(caller == adn.owner(), caller == was.operator), !was.closed));
        assert(_all(found.closed, found.quota == 0, adn.budget() == budget + was.quota));
        assert(!_callAs(caller, address(adn), abi.encodeCall(adn.mint, (programId, 1, caller))));
    }

    /// @notice G1, G4: only the owner admits a program, and its quota comes out of the budget.
    function check_createProgram() external {
        address caller = svm.createAddress("caller");
        (uint256 budget, uint256 count) = (adn.budget(), adn.programCount());
        vm.assume(budget <= cap && count < type(uint32).max);
        uint256 quota = svm.createUint256("quota");
        (address operator, address issuer) = (svm.createAddress("operator"), svm.createAddress("issuer"));
        (uint32 length, uint40 origin) = (uint32(svm.createUint(32, "length")), uint40(svm.createUint(40, "origin")));
        bytes memory data = abi.encodeCall(adn.createProgram, (operator, issuer, length, origin, quota));
        if (!_callAs(caller, address(adn), data)) return;
        Known memory found = _known(count + 1);
        assert(_both(caller == adn.owner(), adn.programCount() == count + 1));
        assert(_all(found.quota == quota, quota <= budget, adn.budget() + quota == budget));
        assert(_all(found.issuer == issuer, found.operator == operator, found.length == length, !found.closed));
        assert(_both(length != 0, origin <= time));
    }

    /// @notice G4: only a program's operator hands it to another, and nothing else of it changes.
    function check_setProgramOperator() external {
        (uint256 programId, address caller) = (svm.createUint256("program"), svm.createAddress("caller"));
        address operator = svm.createAddress("operator");
        (Known memory was, uint256 budget) = (_known(programId), adn.budget());
        if (!_callAs(caller, address(adn), abi.encodeCall(adn.setProgramOperator, (programId, operator)))) return;
        Known memory found = _known(programId);
        assert(_all(caller == was.operator, found.operator == operator, operator != address(0)));
        assert(_all(found.quota == was.quota, found.length == was.length, found.closed == was.closed));
        assert(_all(found.issuer == was.issuer, found.granted == was.granted, adn.budget() == budget));
    }

    function _known(uint256 programId) private view returns (Known memory known) {
        uint256 word = _word(address(adn), programId, PROGRAMS_SLOT, 0);
        known.quota = uint96(word);
        known.length = uint24(word >> 176);
        known.closed = uint8(word >> 200) != 0;
        known.issuer = address(uint160(_word(address(adn), programId, PROGRAMS_SLOT, 1)));
        word = _word(address(adn), programId, PROGRAMS_SLOT, 2);
        (known.operator, known.granted) = (address(uint160(word)), word >> 160);
    }
}
