// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "./IADN.sol";
import {ICheckout, Order} from "./ICheckout.sol";
import {IFEC} from "./IFEC.sol";

/// @notice Who acts, revealed only to act. A member's id is keccak256(abi.encode(keccak256(signer), salt)), of the first signer:
/// the brand keeps the id, the member keeps signer and salt (in an app, or printed on a card), so that the id tells nobody who
/// the member is.
/// @param vault The vault that is acted on. An account acts on what it has itself, without a vault: then this is the account.
/// @param brand Name space of the vault; zero for a vault of nobody's brand. Counts only while no signer was ever added.
/// @param salt Random 32 bytes. Counts only while no signer was ever added.
/// @param signer Who signs (ERC-7913): an account (20 bytes; may be a contract, ERC-1271), or a verifier's address and a key.
/// A passkey is {ICustodian.passkeyVerifier} ‖ x ‖ y, 84 bytes.
struct Member {
    address vault;
    address brand;
    bytes32 salt;
    bytes signer;
}

/// @notice One thing that is done.
/// @param kind An {ActKind}.
/// @param data Its arguments, as the ABI encodes them.
struct Act {
    uint8 kind;
    bytes data;
}

/// @notice What can be done: a closed list, without free targets or call data. An account can do the first six for itself, once
/// it has made the custodian its operator; the others are for vaults.
///
///     Withdraw              (address to, uint256[] tokenIds, uint256 amount)   nodes, and coins in wei; 2^256 − 1 means all
///     WithdrawPart          (uint256 tokenId, uint256 principal, address to)   splits a part off, which `to` gets
///     Claim                 (uint256[] tokenIds)                               what nodes have released, for their owners
///     Open                  (uint256 settlementId, uint256 index, uint256 principal, bytes32[] proof)   a leaf of the holder's
///     Split                 (uint256 tokenId, uint256[] principals)
///     Merge                 (uint256[] tokenIds)
///     ApproveClaimer        (address claimer, bool approved, uint256 tokenId)
///     ApproveClaimerForAll  (address claimer, bool approved)
///     AddSigner             (bytes signer)
///     AskRemoval            (bytes32 signerHash)                               starts the wait of {ICustodian.REMOVAL_DELAY}
///     CancelRemoval         (bytes32 signerHash)
///     RemoveSigner          (bytes32 signerHash)                               oneself at once, another after the wait
///     NameSuccessor         (address successor)
enum ActKind {
    Withdraw,
    WithdrawPart,
    Claim,
    Open,
    Split,
    Merge,
    ApproveClaimer,
    ApproveClaimerForAll,
    AddSigner,
    AskRemoval,
    CancelRemoval,
    RemoveSigner,
    NameSuccessor
}

/// @title Custody without trust
/// @notice Nodes and coins of members who have no wallet, kept in vaults. Each member has a vault of their own at an address that
/// follows from brand and member id, before anything is deployed there. So a purchase on a member's behalf is an ordinary
/// order with the vault as customer, and whatever anybody's {IADN.claimFor} pays arrives with the right member. Out of a vault
/// nothing moves without a signature of one of its signers: not for the brand, not for other members, not for this contract's
/// deployer. The brand's part is to relay and to pay for gas; anybody else can do that too, so a member never depends on it.
///
/// A vault begins with the signer that its address follows from. That one may add others, up to eight in all, each of whom can
/// do everything, alone. Once another was added, only the stored set counts: the first, removed, does not come back. Another
/// signer is removed only {REMOVAL_DELAY} after that was asked for; each present signer may cancel it meanwhile, the one
/// concerned too. The last one stays. Who fears theft therefore moves everything to a new vault, with one signature.
///
/// A payment is its own instruction, {spend}, and not one of the acts: an order is paid once and expires, so it needs neither
/// nonce nor deadline, and payments wait for no other instruction of the member's.
///
/// An account with a key of its own can sign acts too, for others to send: on nodes that it has itself, once the custodian is
/// its operator ({IADN.permitForAll} makes it that by signature).
///
/// Invariant:
///   G8  who holds the key of any signer can take everything out without anyone's cooperation; nobody else can take anything
interface ICustodian {
    /// @notice A brand has a member. Nothing depends on it but listings.
    event MemberEnrolled(address indexed brand, bytes32 indexed memberId, address vault);

    /// @notice A member's vault exists on chain now.
    event VaultDeployed(address indexed brand, bytes32 indexed memberId, address vault);

    /// @notice A member took nodes and coins out.
    event Withdrawn(address indexed vault, address indexed to, uint256[] tokenIds, uint256 amount);

    /// @notice A member paid an order.
    event Spent(address indexed vault, uint256 indexed programId, bytes32 indexed orderId, uint256 amount);

    /// @notice A vault has a signer more, or has stored its first one.
    /// @param signerHash keccak256(signer).
    event SignerAdded(address indexed vault, bytes32 indexed signerHash, bytes signer);

    /// @notice A signer is to be removed, from `removableFrom` on; seconds since the epoch.
    event SignerRemovalAsked(address indexed vault, bytes32 indexed signerHash, uint256 removableFrom);

    /// @notice A signer is not to be removed after all.
    event SignerRemovalCancelled(address indexed vault, bytes32 indexed signerHash);

    /// @notice A signer was removed.
    event SignerRemoved(address indexed vault, bytes32 indexed signerHash);

    /// @notice A vault has said where what is still to come for it should go; zero takes it back.
    event SuccessorNamed(address indexed vault, address indexed successor);

    /// @notice An instruction has from 1 to `most` acts.
    error Custodian_ActsOutOfRange(uint256 count, uint256 most);

    /// @notice The signer is one of the vault's already.
    error Custodian_AlreadySigner(address vault, bytes signer);

    /// @notice An account's own coins are moved by ERC-3009 authorizations, not by acts.
    error Custodian_CoinsOfAccount(address account, uint256 amount);

    /// @notice The signed instruction can no longer be carried out; seconds since the epoch.
    error Custodian_Expired(uint256 deadline, uint256 timestamp);

    /// @notice The signer did not sign this.
    error Custodian_InvalidSignature(bytes signer);

    /// @notice A vault keeps one signer at least.
    error Custodian_LastSigner(address vault);

    /// @notice The signer is none of this vault's.
    error Custodian_NotSigner(address vault, bytes signer);

    /// @notice An account without a vault cannot do this.
    error Custodian_OnlyForVaults(uint256 index, uint8 kind);

    /// @notice Nobody has asked to remove the signer.
    error Custodian_RemovalNotAsked(address vault, bytes32 signerHash);

    /// @notice The signer can be removed only later; seconds since the epoch.
    error Custodian_RemovalWaits(address vault, bytes32 signerHash, uint256 removableFrom, uint256 timestamp);

    /// @notice The vault has as many signers as it can have.
    error Custodian_TooManySigners(address vault, uint256 most);

    /// @notice The act at this place is of no known kind.
    error Custodian_UnknownAct(uint256 index, uint8 kind);

    /// @notice No signer of the vault has this hash.
    error Custodian_UnknownSigner(address vault, bytes32 signerHash);

    /// @notice Nobody could ever sign as this: no account, and no verifier that is there with a key.
    error Custodian_UnusableSigner(bytes signer);

    /// @notice A member spends for themselves only: the node has to come back to the vault.
    error Custodian_WrongCustomer(address customer, address vault);

    /// @notice The instruction is not the signer's next one.
    error Custodian_WrongNonce(uint256 nonce, uint256 expected);

    /// @notice The caller is not this vault's custodian.
    error MemberVault_NotCustodian(address caller);

    /// @notice Announces a member of the caller's, so that listings show them.
    /// @param memberId keccak256(abi.encode(keccak256(signer), salt)).
    /// @return vault Where the member's nodes and coins are kept.
    function enroll(bytes32 memberId) external returns (address vault);

    /// @notice Pays an order out of a member's vault, after claiming what its nodes have let flow back. Anybody may send it.
    /// @param member Who spends.
    /// @param order What to pay; its customer is the vault.
    /// @param tokenIds Nodes to claim from first; may be empty.
    /// @param signature The signer's signature over {hashSpend}; not needed when the signer is the calling account.
    /// @return tokenId The node; zero when it is minted only after the return window.
    function spend(Member calldata member, Order calldata order, uint256[] calldata tokenIds, bytes calldata signature)
        external
        returns (uint256 tokenId);

    /// @notice Carries out a signed instruction: several acts, in order, all or none. Anybody may send it.
    /// @dev Each signer's instructions have numbers of their own. Whether the signer may act is asked once, before the first act.
    /// @param member Who acts.
    /// @param acts What to do: 1 to {MAX_ACTS}.
    /// @param nonce {nonceOf} the vault and signer.
    /// @param deadline Last second at which this may be carried out.
    /// @param signature The signer's signature over {hashActs}; not needed when the signer is the calling account.
    function act(Member calldata member, Act[] calldata acts, uint256 nonce, uint256 deadline, bytes calldata signature)
        external;

    /// @notice Address of a member's vault, deployed or not.
    function vaultOf(address brand, bytes32 memberId) external view returns (address vault);

    /// @notice Id of a member, from the vault's first signer.
    function memberIdOf(bytes calldata signer, bytes32 salt) external pure returns (bytes32 memberId);

    /// @notice Number of a signer's next instruction for a vault.
    function nonceOf(address vault, bytes calldata signer) external view returns (uint256 nonce);

    /// @notice How many signers are stored for a vault. Zero while none was ever added: then the first one signs.
    function signerCountOf(address vault) external view returns (uint256 count);

    /// @notice Whether a signer is stored for a vault. The first one is once another was added.
    function isStoredSigner(address vault, bytes calldata signer) external view returns (bool stored);

    /// @notice From when on a signer can be removed, in seconds since the epoch; zero if nobody has asked for it.
    function removableFrom(address vault, bytes32 signerHash) external view returns (uint256 timestamp);

    /// @notice Where what is still to come for a vault should go, as it has said; zero if it has not.
    function successorOf(address vault) external view returns (address successor);

    /// @notice What a member signs to spend.
    function hashSpend(address vault, Order calldata order) external view returns (bytes32);

    /// @notice What a signer signs to act.
    function hashActs(address vault, bytes calldata signer, Act[] calldata acts, uint256 nonce, uint256 deadline)
        external
        view
        returns (bytes32);

    /// @notice Most acts in an instruction.
    function MAX_ACTS() external view returns (uint256);

    /// @notice Most signers of a vault.
    function MAX_SIGNERS() external view returns (uint256);

    /// @notice How long the removal of another signer waits, in seconds.
    function REMOVAL_DELAY() external view returns (uint256);

    /// @notice What every vault is a minimal proxy of.
    function vaultImplementation() external view returns (address);

    /// @notice What checks the signatures of passkeys: the first 20 bytes of such a signer.
    function passkeyVerifier() external view returns (address);

    /// @notice The checkout.
    function checkout() external view returns (ICheckout);

    /// @notice The nodes.
    function adn() external view returns (IADN);

    /// @notice The coupon.
    function fec() external view returns (IFEC);
}
