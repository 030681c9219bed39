// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721Holder} from "@openzeppelin/contracts/token/ERC721/utils/ERC721Holder.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";

import {ICustodian} from "../interfaces/ICustodian.sol";

/// @title A member's vault
/// @notice Owns a member's nodes and coins, and does what the custodian says, which says only what the member's key signed.
contract MemberVault is ERC721Holder {
    address private immutable CUSTODIAN = msg.sender;

    /// @notice Calls `target`. Only for the custodian.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        if (msg.sender != CUSTODIAN) revert ICustodian.MemberVault_NotCustodian(msg.sender);
        return Address.functionCall(target, data);
    }
}
