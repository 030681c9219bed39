// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title Transferable vesting NFT
/// @notice ERC-5725 (https://eips.ethereum.org/EIPS/eip-5725), interface id 0xbd3a202b. Amounts are in the smallest unit
/// of the payout token, times in seconds since the epoch.
interface IERC5725 is IERC721 {
    /// @notice A payout was claimed.
    /// @param tokenId Token claimed from.
    /// @param recipient Who was paid.
    /// @param claimAmount How much.
    event PayoutClaimed(uint256 indexed tokenId, address indexed recipient, uint256 claimAmount);

    /// @notice An owner let somebody claim from all of their tokens, or no longer does.
    /// @param owner Who owns the tokens.
    /// @param spender Who may claim.
    /// @param approved True when allowed, false when revoked.
    event ClaimApprovalForAll(address indexed owner, address indexed spender, bool approved);

    /// @notice An owner let somebody claim from one token, or no longer does.
    /// @param owner Who owns the token.
    /// @param spender Who may claim.
    /// @param tokenId Token in question.
    /// @param approved True when allowed, false when revoked.
    event ClaimApproval(address indexed owner, address indexed spender, uint256 indexed tokenId, bool approved);

    /// @notice Pays {claimablePayout} to the caller, who is the owner or may claim for them.
    /// @param tokenId Token to claim from.
    function claim(uint256 tokenId) external;

    /// @notice Allows or forbids `operator` to claim from every token of the caller.
    /// @param operator Who may claim.
    /// @param approved True to allow, false to revoke.
    function setClaimApprovalForAll(address operator, bool approved) external;

    /// @notice Allows or forbids `operator` to claim from one token of the caller. A transfer ends the permission.
    /// @param operator Who may claim.
    /// @param approved True to allow, false to revoke.
    /// @param tokenId Token in question.
    function setClaimApproval(address operator, bool approved, uint256 tokenId) external;

    /// @notice What has been claimed so far.
    function claimedPayout(uint256 tokenId) external view returns (uint256 payout);

    /// @notice What can be claimed now: {vestedPayout} − {claimedPayout}.
    function claimablePayout(uint256 tokenId) external view returns (uint256 payout);

    /// @notice What has vested by now, claimed or not.
    function vestedPayout(uint256 tokenId) external view returns (uint256 payout);

    /// @notice What has vested, or will have, at a moment in the past or the future; zero before the token was minted.
    function vestedPayoutAtTime(uint256 tokenId, uint256 timestamp) external view returns (uint256 payout);

    /// @notice What has yet to vest; with {vestedPayout} it makes the token's total.
    function vestingPayout(uint256 tokenId) external view returns (uint256 payout);

    /// @notice When vesting begins, and the moment from which nothing more vests.
    function vestingPeriod(uint256 tokenId) external view returns (uint256 vestingStart, uint256 vestingEnd);

    /// @notice The ERC-20 in which claims are paid.
    function payoutToken(uint256 tokenId) external view returns (address token);

    /// @notice Whether `operator` may claim from every token of `owner`.
    function isClaimApprovedForAll(address owner, address operator) external view returns (bool isClaimApproved);

    /// @notice Who else may claim from one token; the zero address if nobody.
    function getClaimApproved(uint256 tokenId) external view returns (address operator);
}
