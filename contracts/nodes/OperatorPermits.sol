// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IADN} from "../interfaces/IADN.sol";
import {Signatures} from "../libraries/Signatures.sol";

/// @title The nodes: operators by signature
/// @notice Lets an owner without gas make somebody their ERC-721 operator, or unmake them.
/// @dev Not ERC-4494, whose permit is for one node: who holds many would sign many, and parts of a split would have none.
abstract contract OperatorPermits is IADN, ERC721, EIP712 {
    bytes32 private constant PERMIT_FOR_ALL_TYPEHASH =
        keccak256("PermitForAll(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)");

    /// @inheritdoc IADN
    mapping(address owner => uint256) public nonces;

    constructor() ERC721("Airdrop Node", "ADN") EIP712("Airdrop Node", "1") {}

    /// @inheritdoc IADN
    function permitForAll(address owner, address operator, bool approved, uint256 deadline, bytes calldata signature)
        external
    {
        if (block.timestamp > deadline) revert ADN_PermitExpired(deadline, block.timestamp);
        bytes32 hash = _hashTypedDataV4(
            keccak256(abi.encode(PERMIT_FOR_ALL_TYPEHASH, owner, operator, approved, nonces[owner]++, deadline))
        );
        if (!Signatures.isValid(owner, hash, signature)) revert ADN_InvalidPermit(owner);
        _setApprovalForAll(owner, operator, approved);
    }
}
