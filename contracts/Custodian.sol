// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {MemberVault} from "./custody/MemberVault.sol";
import {PasskeyVerifier} from "./custody/PasskeyVerifier.sol";
import {Signers} from "./custody/Signers.sol";
import {IADN} from "./interfaces/IADN.sol";
import {ICheckout, Order} from "./interfaces/ICheckout.sol";
import {Act, ActKind, ICustodian, Member} from "./interfaces/ICustodian.sol";
import {IERC5725} from "./interfaces/IERC5725.sol";
import {IFEC} from "./interfaces/IFEC.sol";

/// @title Custody without trust
/// @notice See {ICustodian}.
contract Custodian is Signers, EIP712 {
    bytes32 private constant SPEND_TYPEHASH = keccak256("Spend(address vault,bytes32 orderHash)");

    bytes32 private constant ACT_TYPEHASH = keccak256("Act(uint8 kind,bytes data)");

    bytes32 private constant ACTS_TYPEHASH = keccak256(
        "Acts(address vault,bytes signer,Act[] acts,uint256 nonce,uint256 deadline)Act(uint8 kind,bytes data)"
    );

    /// @inheritdoc ICustodian
    uint256 public constant MAX_ACTS = 32;

    /// @dev Who acts, on what: their vault, or what their own account has. In memory alone, where nothing is packed.
    // solhint-disable-next-line gas-struct-packing
    struct Holder {
        address account;
        bytes32 signerHash;
        bool hasVault;
    }

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
    address public immutable passkeyVerifier;

    /// @inheritdoc ICustodian
    mapping(address vault => address) public successorOf;

    constructor(ICheckout checkout_) EIP712("FEC Custodian", "1") {
        checkout = checkout_;
        adn = checkout_.adn();
        fec = checkout_.fec();
        vaultImplementation = address(new MemberVault());
        passkeyVerifier = address(new PasskeyVerifier());
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
        address vault = member.vault;
        if (order.customer != vault) revert Custodian_WrongCustomer(order.customer, vault);
        _admit(member);
        _checkSignature(member.signer, hashSpend(vault, order), signature);

        emit Spent(vault, order.programId, order.orderId, order.amount);
        // slither-disable-next-line unused-return -- the owners are paid; what the vault lacks, the payment says
        if (tokenIds.length != 0) adn.claimFor(tokenIds);
        // slither-disable-next-line unused-return -- our own coupon reverts or returns true
        MemberVault(vault).execute(address(fec), abi.encodeCall(IERC20.approve, (address(checkout), order.amount)));
        return
            abi.decode(MemberVault(vault).execute(address(checkout), abi.encodeCall(ICheckout.pay, (order))), (uint256));
    }

    /// @inheritdoc ICustodian
    function act(Member calldata member, Act[] calldata acts, uint256 nonce, uint256 deadline, bytes calldata signature)
        external
    {
        if (block.timestamp > deadline) revert Custodian_Expired(deadline, block.timestamp);
        if (acts.length == 0 || acts.length > MAX_ACTS) revert Custodian_ActsOutOfRange(acts.length, MAX_ACTS);
        Holder memory holder = _holder(member);
        uint256 expected = _lanes[holder.account][holder.signerHash].nonce++;
        if (nonce != expected) revert Custodian_WrongNonce(nonce, expected);
        _checkSignature(member.signer, hashActs(holder.account, member.signer, acts, nonce, deadline), signature);
        for (uint256 i = 0; i < acts.length; ++i) {
            uint8 kind = acts[i].kind;
            // Whoever is called in between can act by a signature of its own alone: the nonce is counted before the first act.
            // slither-disable-start reentrancy-no-eth,reentrancy-benign,reentrancy-events
            if (kind > uint8(type(ActKind).max)) revert Custodian_UnknownAct(i, kind);
            if (kind <= uint8(ActKind.Merge)) _actOnNodes(holder, ActKind(kind), acts[i].data);
            else if (holder.hasVault) _actOnVault(holder, ActKind(kind), member.signer, acts[i].data);
            else revert Custodian_OnlyForVaults(i, kind);
            // slither-disable-end reentrancy-no-eth,reentrancy-benign,reentrancy-events
        }
    }

    // -------------------------------------------------------------------- views

    /// @inheritdoc ICustodian
    function vaultOf(address brand, bytes32 memberId) public view returns (address vault) {
        return Clones.predictDeterministicAddress(vaultImplementation, _vaultSalt(brand, memberId));
    }

    /// @inheritdoc ICustodian
    function memberIdOf(bytes calldata signer, bytes32 salt) external pure returns (bytes32 memberId) {
        return _memberId(keccak256(signer), salt);
    }

    /// @inheritdoc ICustodian
    function hashSpend(address vault, Order calldata order) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(SPEND_TYPEHASH, vault, checkout.hashOrder(order))));
    }

    /// @inheritdoc ICustodian
    function hashActs(address vault, bytes calldata signer, Act[] calldata acts, uint256 nonce, uint256 deadline)
        public
        view
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](acts.length);
        for (uint256 i = 0; i < acts.length; ++i) {
            hashes[i] = keccak256(abi.encode(ACT_TYPEHASH, acts[i].kind, keccak256(acts[i].data)));
        }
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ACTS_TYPEHASH, vault, keccak256(signer), keccak256(abi.encodePacked(hashes)), nonce, deadline
                )
            )
        );
    }

    // --------------------------------------------------------------------- acts

    /// @dev What a vault and an account can do alike.
    function _actOnNodes(Holder memory holder, ActKind kind, bytes calldata data) private {
        if (kind == ActKind.Withdraw) {
            (address to, uint256[] memory tokenIds, uint256 amount) = abi.decode(data, (address, uint256[], uint256));
            _withdraw(holder, to, tokenIds, amount);
        } else if (kind == ActKind.WithdrawPart) {
            (uint256 tokenId, uint256 principal, address to) = abi.decode(data, (uint256, uint256, address));
            uint256[] memory principals = new uint256[](1);
            principals[0] = principal;
            _withdraw(holder, to, _split(holder, tokenId, principals), 0);
        } else if (kind == ActKind.Claim) {
            // Pays the owners, whoever they are.
            // slither-disable-next-line unused-return,calls-loop
            adn.claimFor(abi.decode(data, (uint256[])));
        } else if (kind == ActKind.Open) {
            (uint256 settlementId, uint256 index, uint256 principal, bytes32[] memory proof) =
                abi.decode(data, (uint256, uint256, uint256, bytes32[]));
            // slither-disable-next-line unused-return,calls-loop
            adn.openAndClaim(settlementId, index, holder.account, principal, proof);
        } else if (kind == ActKind.Split) {
            (uint256 tokenId, uint256[] memory principals) = abi.decode(data, (uint256, uint256[]));
            _split(holder, tokenId, principals);
        } else {
            uint256[] memory tokenIds = abi.decode(data, (uint256[]));
            if (tokenIds.length != 0) _checkOwner(holder, tokenIds[0]);
            _callNodes(holder, abi.encodeCall(IADN.merge, (tokenIds)));
        }
    }

    /// @dev What only a vault can do: an account has a key of its own for it.
    function _actOnVault(Holder memory holder, ActKind kind, bytes calldata signer, bytes calldata data) private {
        address vault = holder.account;
        if (kind == ActKind.ApproveClaimer) {
            (address claimer, bool approved, uint256 tokenId) = abi.decode(data, (address, bool, uint256));
            _callNodes(holder, abi.encodeCall(IERC5725.setClaimApproval, (claimer, approved, tokenId)));
        } else if (kind == ActKind.ApproveClaimerForAll) {
            (address claimer, bool approved) = abi.decode(data, (address, bool));
            _callNodes(holder, abi.encodeCall(IERC5725.setClaimApprovalForAll, (claimer, approved)));
        } else if (kind == ActKind.AddSigner) {
            _addSigner(vault, signer, abi.decode(data, (bytes)));
        } else if (kind == ActKind.AskRemoval) {
            _askRemoval(vault, abi.decode(data, (bytes32)));
        } else if (kind == ActKind.CancelRemoval) {
            _cancelRemoval(vault, abi.decode(data, (bytes32)));
        } else if (kind == ActKind.RemoveSigner) {
            _removeSigner(vault, holder.signerHash, abi.decode(data, (bytes32)));
        } else {
            address successor = abi.decode(data, (address));
            successorOf[vault] = successor;
            emit SuccessorNamed(vault, successor);
        }
    }

    function _withdraw(Holder memory holder, address to, uint256[] memory tokenIds, uint256 amount) private {
        address from = holder.account;
        if (holder.hasVault) {
            // slither-disable-next-line calls-loop -- of our own coupon, for 32 acts at most
            if (amount == type(uint256).max) amount = fec.balanceOf(from);
            emit Withdrawn(from, to, tokenIds, amount);
            // slither-disable-next-line unused-return,calls-loop -- our own coupon reverts or returns true
            if (amount != 0) MemberVault(from).execute(address(fec), abi.encodeCall(IERC20.transfer, (to, amount)));
        } else if (amount != 0) {
            revert Custodian_CoinsOfAccount(from, amount);
        }
        for (uint256 i = 0; i < tokenIds.length; ++i) {
            // ADN refuses a node that is not the holder's; one that is refused is meant to undo all.
            _callNodes(
                holder, abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", from, to, tokenIds[i])
            );
        }
    }

    function _split(Holder memory holder, uint256 tokenId, uint256[] memory principals)
        private
        returns (uint256[] memory newIds)
    {
        _checkOwner(holder, tokenId);
        return abi.decode(_callNodes(holder, abi.encodeCall(IADN.split, (tokenId, principals))), (uint256[]));
    }

    /// @dev As the vault, or for an account that has made this contract its operator.
    function _callNodes(Holder memory holder, bytes memory data) private returns (bytes memory) {
        // slither-disable-next-line calls-loop
        if (holder.hasVault) return MemberVault(holder.account).execute(address(adn), data);
        return Address.functionCall(address(adn), data);
    }

    /// @dev ADN asks only whether this contract is an operator of the node's owner. It is that for many.
    function _checkOwner(Holder memory holder, uint256 tokenId) private view {
        // slither-disable-next-line calls-loop
        address owner = adn.ownerOf(tokenId);
        if (owner != holder.account) revert IERC721Errors.ERC721IncorrectOwner(holder.account, tokenId, owner);
    }

    // ---------------------------------------------------------------- internals

    /// @dev An account that is its own holder has no vault in it; everybody else is admitted to a vault.
    function _holder(Member calldata member) private returns (Holder memory) {
        bytes calldata signer = member.signer;
        // forge-lint: disable-next-line(unsafe-typecast) -- the length is checked before
        if (signer.length == ACCOUNT_LENGTH && address(bytes20(signer)) == member.vault) {
            return Holder(member.vault, keccak256(signer), false);
        }
        return Holder(member.vault, _admit(member), true);
    }

    /// @dev Checks that the signer is one of the vault's, and deploys the vault if it was not yet.
    function _admit(Member calldata member) private returns (bytes32 signerHash) {
        address vault = member.vault;
        signerHash = keccak256(member.signer);
        if (_lanes[vault][signerHash].stored) return signerHash;
        bytes32 memberId = _memberId(signerHash, member.salt);
        if (signerCountOf[vault] != 0 || vault != vaultOf(member.brand, memberId)) {
            revert Custodian_NotSigner(vault, member.signer);
        }
        if (vault.code.length == 0) {
            // slither-disable-next-line unused-return -- the address is known before
            Clones.cloneDeterministic(vaultImplementation, _vaultSalt(member.brand, memberId));
            emit VaultDeployed(member.brand, memberId, vault);
        }
    }

    function _memberId(bytes32 signerHash, bytes32 salt) private pure returns (bytes32) {
        return keccak256(abi.encode(signerHash, salt));
    }

    function _vaultSalt(address brand, bytes32 memberId) private pure returns (bytes32) {
        return keccak256(abi.encode(brand, memberId));
    }
}
