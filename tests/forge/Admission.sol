// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Terms, Tier} from "../../contracts/interfaces/ICheckout.sol";
import {Nodes} from "./Nodes.sol";
import {vm} from "./Vm.sol";

/// @title Actions on programs, their terms and their alliances
abstract contract Admission is Nodes {
    uint256 internal constant MOST_PROGRAMS = 12;

    function setUp() public virtual override {
        super.setUp();
        for (uint256 i = 0; i < 4; ++i) {
            _createProgram(i, i == 3 ? address(0) : address(checkout));
            _setTerms(i, i + 2, i % 2 == 0 ? 3 days : 0);
        }
        _createProgram(4, people[0]);
    }

    function createProgram(uint256 seed) external {
        if (programs.length >= MOST_PROGRAMS) return;
        uint256 kind = _rand(seed, "issuer") % 8;
        _createProgram(seed, kind == 0 ? address(0) : kind == 1 ? _person(seed, "issuer") : address(checkout));
        if (kind != 1) _setTerms(seed, programs.length, _rand(seed, "window") % 3 * 2 days);
        _succeeded("createProgram");
    }

    function grantQuota(uint256 seed) external {
        uint256 programId = _openProgram(seed);
        uint256 amount = _amount(seed, budget / 100);
        if (programId == 0) return;
        vm.prank(admin);
        adn.grantQuota(programId, amount);
        budget -= amount;
        _program(programId).quota += amount;
        _succeeded("grantQuota");
    }

    /// @dev Not often: what is closed stays closed.
    function closeProgram(uint256 seed) external {
        uint256 programId = _openProgram(seed);
        if (programId < 2 || _rand(seed, "often") % 4 != 0) return;
        GhostProgram storage program = _program(programId);
        vm.prank(_rand(seed, "owner") % 2 == 0 ? admin : program.operator);
        adn.closeProgram(programId);
        budget += program.quota;
        (program.quota, program.closed) = (0, true);
        _succeeded("closeProgram");
    }

    function setProgramOperator(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        address operator = _person(seed, "operator");
        vm.prank(_program(programId).operator);
        adn.setProgramOperator(programId, operator);
        _program(programId).operator = operator;
        _succeeded("setProgramOperator");
    }

    function setTerms(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        uint256 kind = _rand(seed, "window") % 6;
        uint256 window = kind < 2 ? 0 : kind == 5 ? 365 days : 1 + _rand(seed, "days") % 14 days;
        _setTerms(seed, programId, window);
        _succeeded("setTerms");
    }

    // ---------------------------------------------------------------- alliances

    function foundAlliance(uint256 seed) external {
        uint256 programId = 1 + _rand(seed, "program") % programs.length;
        if (_program(programId).alliance != 0) return;
        vm.prank(_program(programId).operator);
        require(checkout.foundAlliance(programId) == ++alliances, "foundAlliance: id");
        _join(programId, alliances);
        _succeeded("foundAlliance");
    }

    /// @dev All members of an alliance agree, or one takes its consent back.
    function approveCandidate(uint256 seed) external {
        uint256 alliance = _alliance(seed);
        uint256 candidateId = 1 + _rand(seed, "candidate") % programs.length;
        if (_program(candidateId).alliance != 0) candidateId = programs.length;
        if (alliance == 0 || _program(candidateId).alliance == alliance) return;
        bool approved = _rand(seed, "approved") % 5 != 0;
        uint256 count = approved ? members[alliance].length : 1;
        for (uint256 i = 0; i < count; ++i) {
            uint256 memberId = members[alliance][i];
            vm.prank(_program(memberId).operator);
            checkout.approveCandidate(memberId, candidateId, approved);
            consents[alliance][memberId][candidateId] = approved;
        }
        _succeeded("approveCandidate");
    }

    /// @dev A program with every member's consent joins; without it, the first member that has not given it is named.
    function joinAlliance(uint256 seed) external {
        for (uint256 i = 0; i < alliances * programs.length; ++i) {
            uint256 choice = (_rand(seed, "choice") % (alliances * programs.length) + i) % (alliances * programs.length);
            (uint256 alliance, uint256 programId) = (1 + choice / programs.length, 1 + choice % programs.length);
            if (members[alliance].length == 0 || _program(programId).alliance != 0) continue;
            if (_objector(alliance, programId) != 0) continue;
            vm.prank(_program(programId).operator);
            checkout.joinAlliance(programId, alliance);
            for (uint256 j = 0; j < members[alliance].length; ++j) {
                consents[alliance][members[alliance][j]][programId] = false;
            }
            _join(programId, alliance);
            _succeeded("joinAlliance");
            return;
        }
    }

    /// @dev What it approved is void.
    function leaveAlliance(uint256 seed) external {
        uint256 alliance = _alliance(seed);
        if (alliance == 0 || _rand(seed, "often") % 2 != 0) return;
        uint256 place = _rand(seed, "member") % members[alliance].length;
        uint256 programId = members[alliance][place];
        vm.prank(_program(programId).operator);
        checkout.leaveAlliance(programId);
        members[alliance][place] = members[alliance][members[alliance].length - 1];
        members[alliance].pop();
        _program(programId).alliance = 0;
        for (uint256 id = 1; id <= programs.length; ++id) {
            consents[alliance][programId][id] = false;
        }
        _succeeded("leaveAlliance");
    }

    // ---------------------------------------------------------------- internals

    function _createProgram(uint256 seed, address issuer) private {
        address operator = _person(seed, "operator");
        uint256 kind = _rand(seed, "length") % 4;
        uint256 length =
            kind == 0 ? 12 hours : kind == 1 ? 90 days : kind == 2 ? 7 days : 12 hours + _rand(seed, "odd") % 20 days;
        uint256 origin = _rand(seed, "origin") % (clock + 1);
        uint256 quota =
            _rand(seed, "small") % 8 == 7 ? _amount(seed, budget) / 1000 : 1 + _rand(seed, "quota") % (budget / 20);
        vm.prank(admin);
        uint256 programId = adn.createProgram(operator, issuer, uint32(length), uint40(origin), quota);
        _ghostProgram(operator, issuer, length, origin, quota);
        require(programId == programs.length, "createProgram: id");
    }

    function _setTerms(uint256 seed, uint256 programId, uint256 window) private {
        Terms memory terms;
        terms.signer = _person(seed, "signer");
        terms.treasury = _owner(seed, "treasury");
        terms.returnWindow = uint32(window);
        terms.donationBps = uint16(_rand(seed, "donation") % 2001);
        terms.minClaim = uint96(_rand(seed, "least claim"));
        terms.tiers = new Tier[](1 + _rand(seed, "tiers") % 5);
        uint256 most = 10_000 - terms.donationBps;
        for (uint256 i = 0; i < terms.tiers.length; ++i) {
            uint256 minSpend = i == 0 ? 0 : terms.tiers[i - 1].minSpend + 1 + _rand(seed ^ i, "spend") % 1000;
            uint256 least = i == 0 ? 1000 : terms.tiers[i - 1].burnBps;
            uint256 step = _rand(seed ^ i, "burn") % 700;
            uint256 burnBps = seed % 16 == 0 ? most : least + step < most ? least + step : most;
            terms.tiers[i] = Tier({minSpend: uint32(minSpend), burnBps: uint16(burnBps)});
        }
        terms.causes = new address[](_rand(seed, "causes") % 3);
        for (uint256 i = 0; i < terms.causes.length; ++i) {
            terms.causes[i] = causes[i];
        }
        vm.prank(_program(programId).operator);
        require(checkout.setTerms(programId, terms) == ++_program(programId).version, "setTerms: version");
        termsOf[programId][_program(programId).version] = abi.encode(terms);
    }

    function _join(uint256 programId, uint256 alliance) private {
        members[alliance].push(programId);
        _program(programId).alliance = alliance;
    }

    /// @dev First member that has not consented; zero if all have.
    function _objector(uint256 alliance, uint256 candidateId) internal view returns (uint256) {
        for (uint256 i = 0; i < members[alliance].length; ++i) {
            if (!consents[alliance][members[alliance][i]][candidateId]) return members[alliance][i];
        }
        return 0;
    }

    /// @dev An alliance that has members; zero if there is none.
    function _alliance(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < alliances; ++i) {
            uint256 alliance = 1 + (_rand(seed, "alliance") % alliances + i) % alliances;
            if (members[alliance].length != 0) return alliance;
        }
        return 0;
    }

    function _openProgram(uint256 seed) internal view returns (uint256) {
        for (uint256 i = 0; i < programs.length; ++i) {
            uint256 programId = 1 + (_rand(seed, "program") % programs.length + i) % programs.length;
            if (!_program(programId).closed) return programId;
        }
        return 0;
    }
}
