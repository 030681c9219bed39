// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Token state fingerprint
/// @notice ERC-5646 (https://eips.ethereum.org/EIPS/eip-5646), interface id 0xf5112315.
interface IERC5646 {
    /// @notice A value that changes whenever the token's mutable state does.
    /// @param tokenId Token to look at.
    /// @return fingerprint Hash over the token's state.
    function getStateFingerprint(uint256 tokenId) external view returns (bytes32 fingerprint);
}
