// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Custodian} from "../../contracts/Custodian.sol";
import {MemberVault} from "../../contracts/custody/MemberVault.sol";
import {Act, ActKind, Member} from "../../contracts/interfaces/ICustodian.sol";
import {Symbolic} from "./Symbolic.sol";

/// @notice Vaults and their signers, from any state of the custodian's storage. Signers here are accounts that call themselves.
contract Vaults is Symbolic {
    Custodian private custodian;
    address private vault;
    uint256 private time;

    function setUp() public {
        custodian = Custodian(_deploy("Custodian.sol:Custodian", abi.encode(address(this))));
        svm.enableSymbolicStorage(address(custodian));
        vault = svm.createAddress("vault");
        time = svm.createUint(40, "time");
        vm.warp(time);
    }

    /// @dev What the custodian asks of Checkout when it is made.
    function adn() external pure returns (address) {
        return address(0xAD);
    }

    /// @dev The same.
    function fec() external pure returns (address) {
        return address(0xFE);
    }

    /// @notice G8: a vault does what its custodian says, and nothing that anybody else says.
    function check_execute() external {
        address caller = svm.createAddress("caller");
        vm.assume(caller != address(custodian));
        bytes memory call = abi.encodeCall(MemberVault.execute, (address(this), abi.encodeCall(this.adn, ())));
        assert(!_callAs(caller, custodian.vaultImplementation(), call));
    }

    /// @notice G8: where signers were ever changed, an account that is not stored does nothing, be it the first signer of the
    /// vault.
    function check_unstored_signer() external {
        address caller = svm.createAddress("caller");
        bytes memory signer = abi.encodePacked(caller);
        vm.assume(caller != vault && custodian.signerCountOf(vault) != 0 && !custodian.isStoredSigner(vault, signer));
        // Whether a signer may act is asked before anything else: one act stands for all.
        Act memory wanted = Act(uint8(ActKind.NameSuccessor), abi.encode(svm.createAddress("successor")));
        bytes memory call = _act(signer, wanted, svm.createUint256("nonce"));
        assert(!_callAs(caller, address(custodian), call));
    }

    /// @notice Another signer is removed only when that was asked for and its time has come; one signer stays, and nobody else
    /// is removed.
    function check_removal() external {
        address caller = svm.createAddress("caller");
        bytes memory signer = abi.encodePacked(caller);
        bytes memory other = abi.encodePacked(svm.createAddress("other"));
        bytes memory third = abi.encodePacked(svm.createAddress("third"));
        bytes32 hash = keccak256(other);
        uint256 count = custodian.signerCountOf(vault);
        uint256 from = custodian.removableFrom(vault, hash);
        uint256 nonce = custodian.nonceOf(vault, signer);
        bool thirdStored = custodian.isStoredSigner(vault, third);
        // Who is stored is counted; a signer's instructions do not come near 2^64.
        vm.assume(count != 0 && nonce < type(uint64).max && keccak256(third) != hash);
        bytes memory call = _act(signer, Act(uint8(ActKind.RemoveSigner), abi.encode(hash)), nonce);
        if (!_callAs(caller, address(custodian), call)) return;
        assert(count > 1 && custodian.signerCountOf(vault) == count - 1 && !custodian.isStoredSigner(vault, other));
        assert(hash == keccak256(signer) || (from != 0 && from <= time));
        assert(custodian.isStoredSigner(vault, third) == thirdStored);
    }

    /// @notice To ask for a removal starts the whole wait, and removes nobody.
    function check_asking() external {
        address caller = svm.createAddress("caller");
        bytes memory signer = abi.encodePacked(caller);
        bytes memory other = abi.encodePacked(svm.createAddress("other"));
        uint256 count = custodian.signerCountOf(vault);
        uint256 nonce = custodian.nonceOf(vault, signer);
        vm.assume(count != 0 && nonce < type(uint64).max && time < type(uint40).max - 3 days);
        bytes memory call = _act(signer, Act(uint8(ActKind.AskRemoval), abi.encode(keccak256(other))), nonce);
        if (!_callAs(caller, address(custodian), call)) return;
        assert(custodian.removableFrom(vault, keccak256(other)) == time + 3 days);
        assert(custodian.signerCountOf(vault) == count && custodian.isStoredSigner(vault, other));
    }

    function _act(bytes memory signer, Act memory wanted, uint256 nonce) private view returns (bytes memory) {
        Act[] memory acts = new Act[](1);
        acts[0] = wanted;
        Member memory member = Member({vault: vault, brand: address(0), salt: 0, signer: signer});
        return abi.encodeCall(custodian.act, (member, acts, nonce, time, ""));
    }
}
