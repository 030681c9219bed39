// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {MemberVault} from "./custody/MemberVault.sol";
import {IADN} from "./interfaces/IADN.sol";
import {ICheckout, Order} from "./interfaces/ICheckout.sol";
import {ICustodian, Member} from "./interfaces/ICustodian.sol";
import {IFEC} from "./interfaces/IFEC.sol";
import {Signatures} from "./libraries/Signatures.sol";

/// @title Custody without trust
/// @notice See {ICustodian}.
contract Custodian is ICustodian, EIP712 {
    bytes32 private constant SPEND_TYPEHASH = keccak256("Spend(address vault,bytes32 orderHash)");

    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256(
        "Withdrawal(address vault,uint256[] tokenIds,uint256 amount,address to,uint256 nonce,uint256 deadline)"
    );

    // -------------------------------------------------------------------- state

    /// @inheritdoc ICustodian
    ICheckout public immutable checkout;

    /// @inheritdoc ICustodian
    IADN public immutable adn;

    /// @inheritdoc ICustodian
    IFEC public immutable fec;

    /// @inheritdoc ICustodian
    address public immutable vaultImplementation;

    /// @inheritdoc ICustodian
    mapping(address vault => uint256) public nonceOf;

    constructor(ICheckout checkout_) EIP712("FEC Custodian", "1") {
        checkout = checkout_;
        adn = checkout_.adn();
        fec = checkout_.fec();
        vaultImplementation = address(new MemberVault());
    }

    // ------------------------------------------------------------------ custody

    /// @inheritdoc ICustodian
    function enroll(bytes32 memberId) external returns (address vault) {
        vault = vaultOf(msg.sender, memberId);
        emit MemberEnrolled(msg.sender, memberId, vault);
    }

    /// @inheritdoc ICustodian
    function spend(Member calldata member, Order calldata order, uint256[] calldata tokenIds, bytes calldata signature)
        external
        returns (uint256 tokenId)
    {
        MemberVault vault = _open(member);
        if (order.customer != address(vault)) revert Custodian_WrongCustomer(order.customer, address(vault));
        _checkSignature(member.key, hashSpend(address(vault), order), signature);

        emit Spent(address(vault), order.programId, order.orderId, order.amount);
        // slither-disable-next-line unused-return -- the owners are paid; what the vault lacks, the payment says
        if (tokenIds.length != 0) adn.claimFor(tokenIds);
        // slither-disable-next-line unused-return -- our own coupon reverts or returns true
        vault.execute(address(fec), abi.encodeCall(IERC20.approve, (address(checkout), order.amount)));
        return abi.decode(vault.execute(address(checkout), abi.encodeCall(ICheckout.pay, (order))), (uint256));
    }

    /// @inheritdoc ICustodian
    function withdraw(
        Member calldata member,
        uint256[] calldata tokenIds,
        uint256 amount,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert Custodian_Expired(deadline, block.timestamp);
        MemberVault vault = _open(member);
        bytes32 hash = hashWithdrawal(address(vault), tokenIds, amount, to, nonceOf[address(vault)]++, deadline);
        _checkSignature(member.key, hash, signature);

        if (amount == type(uint256).max) amount = fec.balanceOf(address(vault));
        emit Withdrawn(address(vault), to, tokenIds, amount);
        // slither-disable-next-line unused-return -- our own coupon reverts or returns true
        if (amount != 0) vault.execute(address(fec), abi.encodeCall(IERC20.transfer, (to, amount)));
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            // Returns nothing; a node that is refused is meant to undo all.
            // slither-disable-next-line unused-return,calls-loop
            vault.execute(
                address(adn),
                abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", address(vault), to, tokenIds[i])
            );
        }
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICustodian
    function vaultOf(address brand, bytes32 memberId) public view returns (address vault) {
        return Clones.predictDeterministicAddress(vaultImplementation, _vaultSalt(brand, memberId));
    }

    /// @inheritdoc ICustodian
    function memberIdOf(address key, bytes32 salt) public pure returns (bytes32 memberId) {
        return keccak256(abi.encode(key, salt));
    }

    /// @inheritdoc ICustodian
    function hashSpend(address vault, Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SPEND_TYPEHASH, vault, checkout.hashOrder(order))));
    }

    /// @inheritdoc ICustodian
    function hashWithdrawal(
        address vault,
        uint256[] calldata tokenIds,
        uint256 amount,
        address to,
        uint256 nonce,
        uint256 deadline
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    WITHDRAWAL_TYPEHASH, vault, keccak256(abi.encodePacked(tokenIds)), amount, to, nonce, deadline
                )
            )
        );
    }

    // ---------------------------------------------------------------- internals

    /// @dev The member's vault, deployed if it was not yet.
    function _open(Member calldata member) private returns (MemberVault) {
        bytes32 memberId = memberIdOf(member.key, member.salt);
        address vault = vaultOf(member.brand, memberId);
        if (vault.code.length == 0) {
            // slither-disable-next-line unused-return -- the address is known before
            Clones.cloneDeterministic(vaultImplementation, _vaultSalt(member.brand, memberId));
            emit VaultDeployed(member.brand, memberId, vault);
        }
        return MemberVault(vault);
    }

    function _vaultSalt(address brand, bytes32 memberId) private pure returns (bytes32) {
        return keccak256(abi.encode(brand, memberId));
    }

    function _checkSignature(address key, bytes32 hash, bytes calldata signature) private view {
        if (msg.sender != key && !Signatures.isValid(key, hash, signature)) {
            revert Custodian_InvalidSignature(key);
        }
    }
}
