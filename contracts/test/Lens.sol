// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN, Node, Program} from "../interfaces/IADN.sol";
import {IFEC} from "../interfaces/IFEC.sol";

/// @notice Reads the whole observable state in one call, as a flat list of words, so that the state machine can compare it
/// after every step. Never deployed.
contract Lens {
    uint256 private constant TOTALS = 5;
    uint256 private constant PROGRAM_WORDS = 5;
    uint256 private constant ACCOUNT_WORDS = 2;
    uint256 private constant NODE_WORDS = 6;

    function look(IADN adn, uint256[] calldata tokenIds, address[] calldata accounts)
        external
        view
        returns (uint256[] memory words)
    {
        IFEC fec = adn.fec();
        uint256 programs = adn.programCount();
        words = new uint256[](
            TOTALS + programs * PROGRAM_WORDS + accounts.length * ACCOUNT_WORDS + tokenIds.length * NODE_WORDS
        );
        words[0] = fec.totalSupply();
        words[1] = fec.totalBurned();
        words[2] = adn.outstanding();
        words[3] = adn.budget();
        words[4] = programs;
        uint256 at = TOTALS;
        for (uint256 i = 1; i <= programs; ++i) {
            Program memory program = adn.programOf(i);
            words[at++] = uint160(program.operator);
            words[at++] = uint160(program.issuer);
            words[at++] = program.quota;
            words[at++] = program.burned;
            words[at++] = program.closed ? 1 : 0;
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            words[at++] = fec.balanceOf(accounts[i]);
            words[at++] = adn.balanceOf(accounts[i]);
        }
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            uint256 tokenId = tokenIds[i];
            Node memory node = adn.nodeOf(tokenId);
            words[at++] = uint160(adn.ownerOf(tokenId));
            words[at++] = node.principal;
            words[at++] = node.claimed;
            words[at++] = adn.claimablePayout(tokenId);
            words[at++] = uint160(adn.getApproved(tokenId));
            words[at++] = uint160(adn.getClaimApproved(tokenId));
        }
    }
}
