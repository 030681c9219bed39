// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a client has to know to have something signed for the coupon
/// @notice {FEC} answers these to wallets and payment services, x402 clients among them.
/// @dev FEC answers in its fallback. The library that it inherits has internal constants of the names below, beside which
/// Solidity allows no functions of these names; and a function more would make every transfer of the coupon dearer.
interface ISigningDetails {
    /// @notice Version of the coupon's EIP-712 domain.
    function version() external view returns (string memory);

    /// @notice EIP-712 type hash of ERC-3009's `TransferWithAuthorization`.
    function TRANSFER_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of ERC-3009's `ReceiveWithAuthorization`.
    function RECEIVE_WITH_AUTHORIZATION_TYPEHASH() external view returns (bytes32);

    /// @notice EIP-712 type hash of ERC-3009's `CancelAuthorization`.
    function CANCEL_AUTHORIZATION_TYPEHASH() external view returns (bytes32);
}
