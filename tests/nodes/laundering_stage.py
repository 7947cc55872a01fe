"""The stage of the laundering: wallets, contracts, pools with liquidity, victims with money, ether for fees."""

from __future__ import annotations

from dataclasses import dataclass, field

from evm_node import Contract
from scripted import ETHER, Script

DOLLAR = 10**6
# fmt: off
WALLETS = (
    "faucet", "victim_wallet", "attacker_vault", "attacker_allowance", "split_1", "split_2",
    "split_3", "hub", "merchant", "meeting", "peel_1", "peel_2",
    "peel_3", "peel_4", "peel_5", "peel_6", "peel_7", "deposit_plain",
    "exchange_hot", "otc", "customer", "deposit_customer", "poisoner", "duster",
)
# fmt: on


@dataclass
class Stage:
    """The script with its wallets and contracts."""

    script: Script
    address: dict[str, str]
    contract: dict[str, Contract] = field(default_factory=dict)

    def asset(self, token: str) -> str:
        """Return the CAIP-19 id of a token by role."""
        return self.script.asset(self.contract[token])


def set_up(stage: Stage) -> None:
    """Create the contracts, fund the pools and the victims, and give every wallet a little ether for fees."""
    script, at = stage.script, stage.address
    faucet = at["faucet"]
    wanted = {
        "dollar": ("Token", ("Sample Dollar", "SUSD", 6)),
        "euro": ("Token", ("Sample Euro", "SEUR", 6)),
        "counterfeit": ("Token", ("Sample Dollar", "SUSD", 6)),
        "vault": ("Vault", ()),
        "splitter": ("Splitter", ()),
        "bridge": ("Bridge", ()),
        "always_fails": ("AlwaysFails", ()),
        "half_reverter": ("HalfReverter", ()),
        "deposit_forwarder": ("Forwarder", (at["exchange_hot"],)),
    }
    for role, (name, values) in wanted.items():
        stage.contract[role] = script.deploy(faucet, name, *values)
    dollar, euro = stage.contract["dollar"], stage.contract["euro"]
    stage.contract["euro_pool"] = script.deploy(faucet, "Pool", dollar.address, euro.address, 9, 10)
    # 2,000 dollars an ether.
    stage.contract["ether_pool"] = script.deploy(faucet, "EthPool", dollar.address, ETHER // (2_000 * DOLLAR))
    at |= {role: contract.address for role, contract in stage.contract.items()}
    script.mine(0)
    for role, wei in (("vault", 500), ("ether_pool", 1_000), ("merchant", 200), ("customer", 20)):
        script.do(faucet, at[role], value=wei * ETHER, gas=100_000, note=f"funds {role}")
    script.mint(dollar, faucet, at["ether_pool"], 1_000_000 * DOLLAR)
    script.mint(euro, faucet, at["euro_pool"], 1_000_000 * DOLLAR)
    script.mint(dollar, faucet, at["victim_wallet"], 200_000 * DOLLAR)
    for role in WALLETS[1:]:
        if role not in ("merchant", "customer"):
            script.pay(faucet, at[role], ETHER // 10, "ether for fees")
    script.mine(1)


def look_alike(address: str) -> str:
    """Return another address with the same first and last four digits."""
    return address[:6] + address[6:-4][::-1] + address[-4:]
