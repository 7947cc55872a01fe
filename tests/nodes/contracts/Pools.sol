// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import "./Token.sol";

/// Swaps two tokens at a constant rate; its event has the signature of a Uniswap V2 pair.
contract Pool {
    address public immutable token0;
    address public immutable token1;
    uint256 public immutable numerator;
    uint256 public immutable denominator;

    event Swap(
        address indexed sender,
        uint256 amount0In,
        uint256 amount1In,
        uint256 amount0Out,
        uint256 amount1Out,
        address indexed to
    );

    /// One unit of token0 is worth numerator/denominator units of token1.
    constructor(address token0_, address token1_, uint256 numerator_, uint256 denominator_) {
        token0 = token0_;
        token1 = token1_;
        numerator = numerator_;
        denominator = denominator_;
    }

    function sell0(uint256 amount, address to) external {
        uint256 out = amount * numerator / denominator;
        Token(token0).transferFrom(msg.sender, address(this), amount);
        Token(token1).transfer(to, out);
        emit Swap(msg.sender, amount, 0, 0, out, to);
    }

    function sell1(uint256 amount, address to) external {
        uint256 out = amount * denominator / numerator;
        Token(token1).transferFrom(msg.sender, address(this), amount);
        Token(token0).transfer(to, out);
        emit Swap(msg.sender, 0, amount, out, 0, to);
    }
}

/// Swaps the native asset and a token at a constant rate.
contract EthPool {
    address public immutable token;
    uint256 public immutable weiPerUnit;

    event Sold(address indexed sender, uint256 units, uint256 weiOut, address indexed to);
    event Bought(address indexed sender, uint256 weiIn, uint256 units, address indexed to);

    constructor(address token_, uint256 weiPerUnit_) payable {
        token = token_;
        weiPerUnit = weiPerUnit_;
    }

    receive() external payable {}

    function sell(uint256 units, address payable to) external {
        uint256 out = units * weiPerUnit;
        Token(token).transferFrom(msg.sender, address(this), units);
        (bool paid, ) = to.call{value: out}("");
        require(paid, "not paid");
        emit Sold(msg.sender, units, out, to);
    }

    function buy(address to) external payable {
        uint256 units = msg.value / weiPerUnit;
        Token(token).transfer(to, units);
        emit Bought(msg.sender, msg.value, units, to);
    }
}
