// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IADN} from "./IADN.sol";
import {ICheckout, Order} from "./ICheckout.sol";
import {IFEC} from "./IFEC.sol";

/// @notice Who a member is, revealed only to act. The member's id is keccak256(abi.encode(key, salt)): the brand keeps the id,
/// the member keeps key and salt (in an app, or printed on a card), so that the id tells nobody who the member is.
/// @param brand Brand that keeps the member's vault.
/// @param key Address of the member's key; may be a contract (ERC-1271).
/// @param salt Random 32 bytes.
struct Member {
    address brand;
    address key;
    bytes32 salt;
}

/// @title Custody without trust
/// @notice A brand keeps nodes and coins for members who have no wallet. Each member has a vault of their own at an address that
/// follows from brand and member id, before anything is deployed there. So a purchase on a member's behalf is an ordinary
/// order with the vault as customer, and whatever anybody's {IADN.claimFor} pays arrives with the right member. Out of a vault
/// nothing moves without the member's key: not for the brand, not for other members, not for this contract's deployer. The
/// brand's part is to relay and to pay for gas; anybody else can do that too, so a member never depends on it.
///
/// Invariant:
///   G8  the holder of a member's key can take everything out without anyone's cooperation; nobody else can take anything
interface ICustodian {
    /// @notice A brand has a member. Nothing depends on it but listings.
    event MemberEnrolled(address indexed brand, bytes32 indexed memberId, address vault);

    /// @notice A member's vault exists on chain now.
    event VaultDeployed(address indexed brand, bytes32 indexed memberId, address vault);

    /// @notice A member took nodes and coins out.
    event Withdrawn(address indexed vault, address indexed to, uint256[] tokenIds, uint256 amount);

    /// @notice A member paid an order.
    event Spent(address indexed vault, uint256 indexed programId, bytes32 indexed orderId, uint256 amount);

    /// @notice The member's key did not sign this.
    error Custodian_InvalidSignature(address key);

    /// @notice The signed instruction can no longer be carried out; seconds since the epoch.
    error Custodian_Expired(uint256 deadline, uint256 timestamp);

    /// @notice A member spends for themselves only: the node has to come back to the vault.
    error Custodian_WrongCustomer(address customer, address vault);

    /// @notice The caller is not this vault's custodian.
    error MemberVault_NotCustodian(address caller);

    /// @notice Announces a member of the caller's, so that listings show them.
    /// @param memberId keccak256(abi.encode(key, salt)).
    /// @return vault Where the member's nodes and coins are kept.
    function enroll(bytes32 memberId) external returns (address vault);

    /// @notice Pays an order out of a member's vault, after claiming what its nodes have let flow back. Anybody may send it.
    /// @param member Who spends.
    /// @param order What to pay; its customer is the vault.
    /// @param tokenIds Nodes to claim from first; may be empty.
    /// @param signature The key's EIP-712 signature over {hashSpend}; not needed when the key itself is the caller.
    /// @return tokenId The node; zero when it is minted only after the return window.
    function spend(Member calldata member, Order calldata order, uint256[] calldata tokenIds, bytes calldata signature)
        external
        returns (uint256 tokenId);

    /// @notice Takes nodes and coins out of a member's vault. Anybody may send it.
    /// @param member Who takes out.
    /// @param tokenIds Nodes to take.
    /// @param amount Coins to take, in wei; the maximum of uint256 means all.
    /// @param to Who gets them; a contract must accept ERC-721 tokens.
    /// @param deadline Last second at which this may be carried out.
    /// @param signature The key's EIP-712 signature over {hashWithdrawal}; not needed when the key itself is the caller.
    function withdraw(
        Member calldata member,
        uint256[] calldata tokenIds,
        uint256 amount,
        address to,
        uint256 deadline,
        bytes calldata signature
    ) external;

    /// @notice Address of a member's vault, deployed or not.
    function vaultOf(address brand, bytes32 memberId) external view returns (address vault);

    /// @notice Id of a member.
    function memberIdOf(address key, bytes32 salt) external pure returns (bytes32 memberId);

    /// @notice Number of the vault's next withdrawal.
    function nonceOf(address vault) external view returns (uint256 nonce);

    /// @notice What a member signs to spend.
    function hashSpend(address vault, Order calldata order) external view returns (bytes32);

    /// @notice What a member signs to take something out.
    function hashWithdrawal(
        address vault,
        uint256[] calldata tokenIds,
        uint256 amount,
        address to,
        uint256 nonce,
        uint256 deadline
    ) external view returns (bytes32);

    /// @notice What every vault is a minimal proxy of.
    function vaultImplementation() external view returns (address);

    /// @notice The checkout.
    function checkout() external view returns (ICheckout);

    /// @notice The nodes.
    function adn() external view returns (IADN);

    /// @notice The coupon.
    function fec() external view returns (IFEC);
}
