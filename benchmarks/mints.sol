// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721A} from "erc721a/contracts/ERC721A.sol";

/// @notice Tokens that a shop could give for sales in place of nodes: they pay nothing. Anybody mints. Never deployed but to be measured.
contract Series is ERC721A("Series", "SER") {
    function mint(address owner, uint256 count) external {
        _mint(owner, count);
    }

    function mintEach(address[] calldata owners) external {
        for (uint256 i = 0; i < owners.length; ++i) {
            _mint(owners[i], 1);
        }
    }
}

/// @notice The same, by ERC-1155.
contract Stamps is ERC1155("") {
    function mintEach(address[] calldata owners) external {
        for (uint256 i = 0; i < owners.length; ++i) {
            _mint(owners[i], i, 1, "");
        }
    }

    function mintBatch(address owner, uint256[] calldata ids, uint256[] calldata amounts) external {
        _mintBatch(owner, ids, amounts, "");
    }
}
