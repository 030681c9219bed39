// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Type hashes of ERC-3009
/// @notice What {FEC} answers to wallets and payment services that ask for the EIP-712 types of authorizations.
/// @dev FEC answers in its fallback: the library that it inherits has internal constants of these names, beside which Solidity
/// allows no functions of these names.
interface IAuthorizationTypeHashes {
    /// @notice EIP-712 type hash of `TransferWithAuthorization`.
    function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of `ReceiveWithAuthorization`.
    function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of `CancelAuthorization`.
    function CANCEL_AUTHORIZATION_TYPEHASH() external view returns (bytes32);
}
