"""A teaching case: two small thefts that meet, over seven weeks of 2024, in amounts that can be checked on paper.

Every wallet of the launderers pays its fees out of what it received, so that what reaches a service is a round number.
A plain payment costs 0.00042 ether. First in first out, by hand:

- ``vault``: 300 ether leave a vault on 5 February. The thief passes on 120, 100 and 79.
- 120 are peeled in six hops of 10: three to the exchange, three to the otc desk; the rest stays in the last wallet.
- ``hub`` holds 50 clean, then gets the 100, then 30 clean. It pays 80 to the exchange: 50 clean less its fee, so 30 and
  that fee stolen; then 60 to ``meeting``, all stolen. Some 10 stay.
- 79: 75 buy 150,000 dollars; 90,000 of them leave over the bridge, 60,000 go to ``meeting``.
- ``allowance``: 150,000 dollars leave a wallet on 26 February; 60,000 sell for 30 ether. All of it goes to ``meeting``.
- ``meeting`` pays 70 ether to the exchange: nearly 60 of ``vault``, the rest of ``allowance``; and 100,000 dollars:
  60,000 of ``vault``, 40,000 of ``allowance``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from coin_by_coin import Accountant, ExitKey
from evm_node import GAS_PRICE, Contract, EvmNode
from laundering_stage import DOLLAR, look_alike
from scripted import ETHER, Movement, Moves, Script

START = 1_706_745_600  # 2024-02-01
FEE = 21_000 * GAS_PRICE
PEELS = 6
# fmt: off
WALLETS = (
    "faucet", "operator_1", "thief_1", "peel_0", "peel_1", "peel_2", "peel_3", "peel_4", "peel_5", "peel_6",
    "hub", "merchant", "swapper", "victim_2", "operator_2", "thief_2", "meeting", "deposit", "exchange_hot",
    "otc", "duster", "poisoner",
)
# fmt: on


@dataclass
class Training:
    """The case and its truth.

    Attributes
    ----------
    node : EvmNode
        Where it was acted out.
    address : dict of str to str
        By role, contracts among them.
    seeds : list of dict
        ``kind, value, asset, amount, origin``, as a seeds table has them.
    labels : list of dict
        ``chain, address, label, category, entity, source_url``, as a labels table has them.
    movements : list of Movement
        Everything from the block of the first theft on, in chain order.
    before : list of Movement
        Everything before it.
    assets : dict of str to str
        ``ether`` and ``dollar`` → CAIP-19.
    stops : dict of str to str
        Address → stop reason that follows from the labels.
    thefts : dict of str to str
        Name of the theft → transaction hash.
    """

    node: EvmNode
    address: dict[str, str]
    seeds: list[dict[str, str]] = field(default_factory=list)
    labels: list[dict[str, str]] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    before: list[Movement] = field(default_factory=list)
    assets: dict[str, str] = field(default_factory=dict)
    stops: dict[str, str] = field(default_factory=dict)
    thefts: dict[str, str] = field(default_factory=dict)

    def exits(self, rule: str) -> dict[ExitKey, tuple[int, int]]:
        """Return the leaves under ``fifo`` or ``haircut``, by an accountant of its own."""
        accountant = Accountant(rule, {tx: name for name, tx in self.thefts.items()}, self.stops)
        return accountant.run([*self.before, *self.movements])

    def role_of(self, address: str) -> str:
        """Return the role of an address; empty where it has none."""
        return next((role for role, held in self.address.items() if held == address), "")


def run_training(node: EvmNode) -> Training:
    """Act the case out on a fresh node."""
    case = Training(node, dict(zip(WALLETS, node.accounts, strict=False)))
    script = Script(node, START)
    contracts = _set_up(script, case.address)
    case.before = list(script.movements)
    dollar = script.asset(contracts["dollar"])
    case.assets = {"ether": script.native, "dollar": dollar}
    _first_theft(script, case, contracts)
    _peel(script, case.address)
    _hub(script, case.address)
    _swap_and_bridge(script, case.address, contracts)
    _second_theft(script, case, contracts)
    _cash_out(script, case.address, contracts)
    _noise(script, case.address, contracts)
    script.mine(58, empty=12)
    case.movements = script.movements[len(case.before) :]
    _describe(case)
    return case


def _set_up(script: Script, at: dict[str, str]) -> dict[str, Contract]:
    """Create the contracts and hand out what honest people own."""
    faucet = at["faucet"]
    dollar = script.deploy(faucet, "Token", "Training Dollar", "TUSD", 6)
    made = {"dollar": dollar, "vault": script.deploy(faucet, "Vault"), "bridge": script.deploy(faucet, "Bridge")}
    # 2,000 dollars an ether.
    made["pool"] = script.deploy(faucet, "EthPool", dollar.address, ETHER // (2_000 * DOLLAR))
    made["always_fails"] = script.deploy(faucet, "AlwaysFails")
    at |= {role: contract.address for role, contract in made.items()}
    script.mine(0)
    for role, wei in (("vault", 400 * ETHER), ("pool", 1_000 * ETHER), ("merchant", 100 * ETHER)):
        script.do(faucet, at[role], value=wei, gas=100_000, note=f"funds {role}")
    for role in ("operator_1", "operator_2", "victim_2", "exchange_hot", "duster", "poisoner"):
        script.pay(faucet, at[role], ETHER // 10, "ether for fees")
    script.mint(dollar, faucet, at["pool"], 1_000_000 * DOLLAR)
    script.mint(dollar, faucet, at["victim_2"], 200_000 * DOLLAR)
    script.mine(1)
    return made


def _first_theft(script: Script, case: Training, contracts: dict[str, Contract]) -> None:
    """Drain the vault into an empty wallet, and pass the loot on."""
    at, vault = case.address, contracts["vault"]
    case.thefts["vault"] = script.do(
        at["operator_1"],
        vault.address,
        data=vault.data("drain", at["thief_1"], 300 * ETHER),
        moves=[Moves("call", (0,), vault.address, at["thief_1"], 300 * ETHER)],
        note="first theft: 300 ether leave the vault",
    )
    script.mine(4.4)
    script.pay(at["merchant"], at["hub"], 50 * ETHER, "clean money reaches the hub first")
    script.mine(4.8)
    script.pay(at["thief_1"], at["peel_0"], 120 * ETHER, "first share")
    script.pay(at["thief_1"], at["hub"], 100 * ETHER, "second share, into the hub")
    script.pay(at["thief_1"], at["swapper"], 79 * ETHER, "third share")
    script.mine(5.3)


def _peel(script: Script, at: dict[str, str]) -> None:
    """Pay 10 away at each of six hops and pass on all the rest."""
    left = 120 * ETHER
    for hop in range(PEELS):
        venue = "otc" if hop % 2 else "deposit"
        script.pay(at[f"peel_{hop}"], at[venue], 10 * ETHER, f"peel {hop + 1}: 10 to the {venue}")
        script.mine(6.2 + 1.5 * hop)
        left -= 10 * ETHER + 2 * FEE
        script.pay(at[f"peel_{hop}"], at[f"peel_{hop + 1}"], left, f"peel {hop + 1}: all the rest goes on")
        script.mine(6.3 + 1.5 * hop)


def _hub(script: Script, at: dict[str, str]) -> None:
    """Mix in the hub and pay out of it."""
    script.pay(at["merchant"], at["hub"], 30 * ETHER, "clean money reaches the hub last")
    script.mine(16.1)
    script.pay(at["hub"], at["deposit"], 80 * ETHER, "the hub pays the exchange")
    script.mine(17.5)
    script.pay(at["hub"], at["meeting"], 60 * ETHER, "the hub pays the meeting wallet")
    script.mine(18.6)
    script.pay(at["deposit"], at["exchange_hot"], 110 * ETHER - FEE, "the exchange sweeps its deposit address")
    script.mine(19.2)


def _swap_and_bridge(script: Script, at: dict[str, str], contracts: dict[str, Contract]) -> None:
    """Ether into dollars; most of them leave over the bridge."""
    dollar, pool, bridge, holder = contracts["dollar"], contracts["pool"], contracts["bridge"], at["swapper"]
    asset = script.asset(dollar)
    script.do(
        holder,
        pool.address,
        value=75 * ETHER,
        data=pool.data("buy", holder),
        moves=[Moves("log", 0, pool.address, holder, 150_000 * DOLLAR, asset)],
        logs=2,
        swap=True,
        note="75 ether buy 150,000 dollars",
    )
    script.mine(20.4)
    script.approve(dollar, holder, bridge.address, 90_000 * DOLLAR)
    script.do(
        holder,
        bridge.address,
        data=bridge.data("lock", dollar.address, 90_000 * DOLLAR, "a wallet on another chain"),
        moves=[Moves("log", 0, holder, bridge.address, 90_000 * DOLLAR, asset)],
        logs=2,
        note="90,000 dollars leave over the bridge",
    )
    script.mine(21.7)
    script.transfer(dollar, holder, at["meeting"], 60_000 * DOLLAR, "60,000 dollars reach the meeting wallet")
    script.mine(22.3)


def _second_theft(script: Script, case: Training, contracts: dict[str, Contract]) -> None:
    """Use an approval the second victim had signed."""
    at, dollar, pool = case.address, contracts["dollar"], contracts["pool"]
    asset, thief = script.asset(dollar), at["thief_2"]
    script.approve(dollar, at["victim_2"], at["operator_2"], 150_000 * DOLLAR)
    script.mine(24.5)
    case.thefts["allowance"] = script.do(
        at["operator_2"],
        dollar.address,
        data=dollar.data("transferFrom", at["victim_2"], thief, 150_000 * DOLLAR),
        moves=[Moves("log", 0, at["victim_2"], thief, 150_000 * DOLLAR, asset)],
        logs=1,
        note="second theft: 150,000 dollars leave a wallet",
    )
    script.mine(25.5)
    script.pay(at["operator_2"], thief, ETHER // 20, "ether for fees")
    script.mine(26.2)
    script.approve(dollar, thief, pool.address, 60_000 * DOLLAR)
    script.do(
        thief,
        pool.address,
        data=pool.data("sell", 60_000 * DOLLAR, thief),
        moves=[
            Moves("log", 0, thief, pool.address, 60_000 * DOLLAR, asset),
            Moves("call", (1,), pool.address, thief, 30 * ETHER),
        ],
        logs=2,
        swap=True,
        note="60,000 dollars sell for 30 ether",
    )
    script.mine(27.4)
    script.pay(thief, at["meeting"], 30 * ETHER, "30 ether reach the meeting wallet")
    script.transfer(dollar, thief, at["meeting"], 90_000 * DOLLAR, "90,000 dollars reach the meeting wallet")
    script.mine(29.6)


def _cash_out(script: Script, at: dict[str, str], contracts: dict[str, Contract]) -> None:
    """Pay out of the wallet in which both thefts met; the exchange sweeps."""
    dollar = contracts["dollar"]
    script.pay(at["meeting"], at["deposit"], 70 * ETHER, "70 ether of both thefts to the exchange")
    script.mine(34.3)
    script.transfer(dollar, at["meeting"], at["deposit"], 100_000 * DOLLAR, "100,000 dollars of both to the exchange")
    script.mine(35.6)
    script.transfer(dollar, at["deposit"], at["exchange_hot"], 100_000 * DOLLAR, "the exchange sweeps dollars")
    script.mine(36.1)
    script.pay(at["deposit"], at["exchange_hot"], 69 * ETHER, "the exchange sweeps ether")
    script.mine(36.2)


def _noise(script: Script, at: dict[str, str], contracts: dict[str, Contract]) -> None:
    """Dust, a look-alike of the deposit address, a call that fails."""
    dollar, meeting = contracts["dollar"], at["meeting"]
    at["lookalike"] = look_alike(at["deposit"])
    script.pay(at["duster"], meeting, 1, "dust")
    script.do(
        at["poisoner"],
        dollar.address,
        data=dollar.data("transferFrom", meeting, at["lookalike"], 0),
        moves=[Moves("log", 0, meeting, at["lookalike"], 0, script.asset(dollar))],
        logs=1,
        note="poisoning: zero dollars to an address that looks like the deposit address",
    )
    script.mine(37.5)
    script.do(meeting, at["always_fails"], value=ETHER, data="0x01", fails=True, note="fails: only the fee is paid")
    script.mine(38.9)


def _describe(case: Training) -> None:
    """Write down the seeds, and the labels an investigator would have."""
    for origin, asset, amount in (("vault", "ether", 300 * ETHER), ("allowance", "dollar", 150_000 * DOLLAR)):
        seed = {"kind": "tx", "value": case.thefts[origin], "asset": case.assets[asset], "amount": str(amount)}
        case.seeds.append(seed | {"origin": origin})
    known = {
        "exchange_hot": ("Training Exchange: hot wallet", "exchange", "Training Exchange", "service"),
        "otc": ("Training OTC desk", "otc", "Training OTC", "service"),
        "bridge": ("Training Bridge", "bridge", "Training Bridge", "bridge"),
        "pool": ("Training Pool ETH/TUSD", "dex", "Training Pool", ""),
        "vault": ("Training Vault", "victim", "Training Vault", ""),
    }
    for role, (label, category, entity, stop) in known.items():
        row = {"chain": f"eip155:{case.node.chain_id}", "address": case.address[role], "label": label}
        row |= {"category": category, "entity": entity, "source_url": "https://example.org/training"}
        case.labels.append(row)
        if stop:
            case.stops[case.address[role]] = stop
