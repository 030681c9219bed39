// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A contract that holds coins and nodes, and whose hooks do what a test tells them to. Never deployed.
contract Receiver {
    enum Mode {
        Accept,
        Reject,
        Revert,
        BurnGas,
        Reenter
    }

    error Receiver_Refused(address from, uint256 value);

    Mode public mode;
    address public target;
    bytes public payload;

    /// @notice What the last reentrant call did.
    bool public succeeded;
    bytes public result;

    /// @notice Number of times that a hook was called, and what it was told last.
    uint256 public hooks;
    bytes public data;

    /// @notice The hash that this wallet has signed (ERC-1271).
    bytes32 public signedHash;

    function set(Mode mode_, address target_, bytes calldata payload_) external {
        (mode, target, payload) = (mode_, target_, payload_);
    }

    function sign(bytes32 hash) external {
        signedHash = hash;
    }

    /// @notice Calls anything as this contract.
    function execute(address to, bytes calldata call) external returns (bytes memory) {
        (bool success, bytes memory output) = to.call(call);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(output, 32), mload(output))
            }
        }
        return output;
    }

    function onERC721Received(address, address from, uint256 tokenId, bytes calldata data_) external returns (bytes4) {
        return _hook(from, tokenId, data_) ? this.onERC721Received.selector : bytes4(0xdeadbeef);
    }

    function onTransferReceived(address, address from, uint256 value, bytes calldata data_) external returns (bytes4) {
        return _hook(from, value, data_) ? this.onTransferReceived.selector : bytes4(0xdeadbeef);
    }

    function onApprovalReceived(address owner, uint256 value, bytes calldata data_) external returns (bytes4) {
        return _hook(owner, value, data_) ? this.onApprovalReceived.selector : bytes4(0xdeadbeef);
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return hash == signedHash ? this.isValidSignature.selector : bytes4(0xffffffff);
    }

    function _hook(address from, uint256 value, bytes calldata data_) private returns (bool accepted) {
        ++hooks;
        data = data_;
        if (mode == Mode.Revert) revert Receiver_Refused(from, value);
        while (mode == Mode.BurnGas) {
            ++hooks;
        }
        if (mode == Mode.Reenter) {
            // Once: the call may come back here.
            mode = Mode.Accept;
            (succeeded, result) = target.call(payload);
        }
        return mode != Mode.Reject;
    }
}
