// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AnyOrders} from "./AnyOrders.sol";

/// @notice Settlements through Checkout, of one leaf, from any state of checkout, nodes and coupon.
/// @custom:unknown libraries
contract SalesChecks is AnyOrders {
    struct Sales {
        address caller;
        uint256 programId;
        uint256 principal;
        bytes32 ref;
        bytes call;
    }

    /// @notice G4, G5: sales are settled by the program's operator or signer, out of their own coins: what Checkout holds stays.
    function check_settle_pulls() external {
        Sales memory sales = _sales();
        address operator = address(uint160(_word(address(adn), sales.programId, PROGRAMS_SLOT, 2)));
        uint256 version = uint32(_word(address(checkout), sales.programId, PROGRAM_STATES_SLOT, 0));
        uint256 terms = _slot(version, _slot(sales.programId, TERMS_SLOT, 0), 0);
        address signer = address(uint160(_word(address(checkout), terms)));
        (uint256 own, uint256 escrow) = (fec.balanceOf(sales.caller), fec.balanceOf(address(checkout)));
        // Balances are parts of the supply, which is below the cap.
        vm.assume(_both(own <= cap, escrow <= cap));
        vm.assume(sales.caller != address(checkout));
        if (!_callAs(sales.caller, address(checkout), sales.call)) return;
        assert(_either(sales.caller == operator, sales.caller == signer));
        unchecked {
            assert(_both(sales.principal <= own, fec.balanceOf(sales.caller) == own - sales.principal));
            assert(fec.balanceOf(address(checkout)) == escrow);
            assert(fec.totalBurned() == uint128(burned + sales.principal));
        }
    }

    /// @notice G1: what orders and rewards have reserved of the quota stays covered, and reserved.
    function check_settle_leaves_reserved() external {
        Sales memory sales = _sales();
        uint256 state = _word(address(checkout), sales.programId, PROGRAM_STATES_SLOT, 0);
        if (!_callAs(sales.caller, address(checkout), sales.call)) return;
        assert(_word(address(checkout), sales.programId, PROGRAM_STATES_SLOT, 0) == state);
        // From the lowest bit, a program's state is version (32), allianceId (64), reserved (96).
        (uint256 quota,) = _quotaAndMinted(sales.programId);
        assert(uint96(state >> 96) <= quota);
    }

    /// @notice G7: a reference is used once in a program, whatever the leaves are.
    function check_settle_once() external {
        Sales memory sales = _sales();
        if (!_callAs(sales.caller, address(checkout), sales.call)) return;
        assert(checkout.settlementOfRef(sales.programId, sales.ref) != 0);
        Sales memory again = _sales();
        vm.assume(_both(again.programId == sales.programId, again.ref == sales.ref));
        assert(!_callAs(again.caller, address(checkout), again.call));
    }

    function _sales() private returns (Sales memory sales) {
        sales.caller = svm.createAddress("caller");
        sales.programId = svm.createUint(32, "program");
        sales.principal = svm.createUint(96, "principal");
        sales.ref = svm.createBytes32("ref");
        bytes memory leaf = abi.encodePacked(svm.createAddress("owner"), uint96(sales.principal));
        sales.call = abi.encodeCall(checkout.settle, (sales.programId, leaf, sales.ref));
        // Serials do not run out of their bits.
        (, uint256 minted) = _quotaAndMinted(sales.programId);
        vm.assume(minted < SERIALS - 1);
    }
}
