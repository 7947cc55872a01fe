// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./Token.sol";

/// Holds the victim's funds; anybody who finds the hole takes them.
contract Vault {
    receive() external payable {}

    function drain(address payable to, uint256 amount) external {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, "not paid");
    }

    function drainToken(address token, address to, uint256 amount) external {
        Token(token).transfer(to, amount);
    }
}

/// Passes on at once whatever native value it gets: an exchange's deposit address.
contract Forwarder {
    address payable public immutable target;

    constructor(address payable target_) {
        target = target_;
    }

    receive() external payable {
        (bool paid, ) = target.call{value: msg.value}("");
        require(paid, "not paid");
    }

    function sweep(address token) external {
        Token(token).transfer(target, Token(token).balanceOf(address(this)));
    }
}

/// Pays many with one transaction.
contract Splitter {
    function split(address payable[] calldata to, uint256[] calldata amounts) external payable {
        for (uint256 i = 0; i < to.length; i++) {
            (bool paid, ) = to[i].call{value: amounts[i]}("");
            require(paid, "not paid");
        }
    }

    function splitToken(address token, address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < to.length; i++) {
            Token(token).transferFrom(msg.sender, to[i], amounts[i]);
        }
    }
}

/// Runs foreign code as its own; the delegatecall repeats the value although it moves none.
contract Delegator {
    function run(address code, bytes calldata input) external payable {
        (bool done, ) = code.delegatecall(input);
        require(done, "failed");
    }
}

/// Code for the delegator.
contract PayCode {
    function pay(address payable to, uint256 amount) external payable {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, "not paid");
    }
}

/// Pays inside a call that then fails, survives it, and pays somebody else: a part of the transaction is void.
contract HalfReverter {
    function run(address payable never, address payable instead) external payable {
        try this.payAndFail{value: msg.value}(never) {
            revert("unreachable");
        } catch {
            (bool paid, ) = instead.call{value: msg.value}("");
            require(paid, "not paid");
        }
    }

    function payAndFail(address payable never) external payable {
        (bool paid, ) = never.call{value: msg.value}("");
        require(paid, "not paid");
        revert("on purpose");
    }
}

/// Fails whatever it is asked: only the fee is real.
contract AlwaysFails {
    fallback() external payable {
        revert("always");
    }
}

/// Pays out by selfdestruct. Since EIP-6780 the balance still moves though the code stays.
contract Destructible {
    constructor() payable {}

    function destroy(address payable to) external {
        selfdestruct(to);
    }
}

/// Creates a contract with value.
contract Factory {
    address public last;

    function make() external payable {
        last = address(new Destructible{value: msg.value}());
    }
}

/// Locks tokens here to be paid elsewhere.
contract Bridge {
    uint256 public nonce;

    event Locked(
        uint256 indexed nonce, address indexed sender, address indexed token, uint256 amount, string destination
    );

    receive() external payable {}

    function lock(address token, uint256 amount, string calldata destination) external {
        Token(token).transferFrom(msg.sender, address(this), amount);
        emit Locked(++nonce, msg.sender, token, amount, destination);
    }

    function lockNative(string calldata destination) external payable {
        emit Locked(++nonce, msg.sender, address(0), msg.value, destination);
    }

    function release(address payable to, uint256 amount) external {
        (bool paid, ) = to.call{value: amount}("");
        require(paid, "not paid");
    }
}
