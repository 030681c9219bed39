// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FEC} from "../../contracts/FEC.sol";
import {AnyOrders} from "./AnyOrders.sol";
import {Svm} from "./Symbolic.sol";

/// @title A node contract of which little is known
/// @notice It mints or does not, whatever it is asked. If it does, it has burned its caller's coins, as is proven of the real one
/// (`NodeLife.check_mint`).
contract MintsOrNot {
    Svm private constant svm = Svm(address(uint160(uint256(keccak256("svm cheat code")))));

    FEC public immutable fec;

    error NotMinted();

    constructor(address, address holder, uint256 cap, uint256 genesis, uint256) {
        fec = new FEC(address(this), cap, genesis, holder);
    }

    function mint(uint256, uint256 amount, address) external returns (uint256 tokenId) {
        if (svm.createUint(1, "mints") == 0) revert NotMinted();
        fec.burn(msg.sender, amount);
        return svm.createUint256("minted");
    }
}

/// @title The till by itself, in any state
/// @notice Whatever the node contract does, within what is proven of it.
abstract contract TillAlone is AnyOrders {
    function _nodeContract() internal pure override returns (string memory) {
        return "TillAlone.sol:MintsOrNot";
    }
}
