// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Fortune Earnings Coupon
/// @notice The coupon shoppers pay with: an ERC-20 of 18 decimals with a hard cap. It comes into being at genesis and
/// by claims on nodes, and leaves only by being burned into nodes; the node contract is the one minter and burner,
/// wired in the constructor for good. Nothing promises the coupon a price.
interface IFEC is IERC20 {
    /// @notice The supply would pass the cap.
    /// @param supply What the supply would become, in wei.
    /// @param cap The most that may exist, in wei.
    error FEC_CapExceeded(uint256 supply, uint256 cap);

    /// @notice The cap does not fit the 95 bits that nodes count in.
    /// @param cap The cap asked for, in wei.
    /// @param most The highest cap possible, in wei.
    error FEC_CapTooHigh(uint256 cap, uint256 most);

    /// @notice Only the node contract mints and burns.
    /// @param caller Who tried.
    /// @param minter Who may.
    error FEC_NotMinter(address caller, address minter);

    /// @notice The most FEC that may ever exist, in wei.
    function cap() external view returns (uint256);

    /// @notice The node contract: the only account that mints and burns.
    function minter() external view returns (address);

    /// @notice FEC that existed at deployment, in wei.
    function genesisSupply() external view returns (uint256);

    /// @notice All FEC ever burned, in wei: the principal of every node ever minted.
    function totalBurned() external view returns (uint256);

    /// @notice Creates `amount` wei for `to`. Only for the minter.
    function mint(address to, uint256 amount) external;

    /// @notice Destroys `amount` wei of `from`. Only for the minter, which burns none but its caller's own.
    function burn(address from, uint256 amount) external;
}
