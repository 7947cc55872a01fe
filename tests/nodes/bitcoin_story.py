"""A theft on the Bitcoin node: split, merged with clean coins, paid to scripts that have no address, and peeled."""

from __future__ import annotations

from dataclasses import dataclass, field

from bitcoin_node import BITCOIN_START, COIN, BitcoinNode

FEE = 10_000
BRIDGE_PAYS = 1_705_622_400 + 2_400
"""Forty minutes after the other story's euros were locked on its chain."""
BRIDGED_SATOSHIS = 249_500_000
"""2.5 coins for them, less the bridge's fee."""
HOUR = 3_600


@dataclass(frozen=True)
class Made:
    """A transaction as the script made it.

    Attributes
    ----------
    txid : str
        Its id.
    block, index : int
        Height, and place in the block.
    inputs, outputs : list of (str, str, int)
        Outpoint, address (empty where the script has none) and satoshis, in order.
    """

    txid: str
    block: int
    index: int
    inputs: list[tuple[str, str, int]]
    outputs: list[tuple[str, str, int]]

    @property
    def fee(self) -> int:
        """What the outputs leave."""
        return sum(coin[2] for coin in self.inputs) - sum(coin[2] for coin in self.outputs)


@dataclass
class BitcoinStory:
    """What was acted out.

    Attributes
    ----------
    node : BitcoinNode
        Where; nothing more happens on it.
    address : dict of str to str
        By role.
    theft : str
        Txid of the theft.
    transactions : list of Made
        All but coinbases, in chain order.
    labels : list of dict
        As a labels table has them.
    busy : str
        An address with more transactions than a page holds.
    bridge_pays : str
        Txid of what the bridge pays to ``bridged`` for what the other story locked; its first output.
    """

    node: BitcoinNode
    address: dict[str, str]
    theft: str = ""
    transactions: list[Made] = field(default_factory=list)
    labels: list[dict[str, str]] = field(default_factory=list)
    busy: str = ""
    bridge_pays: str = ""

    def made(self, txid: str) -> Made:
        """Return a transaction by its id."""
        return next(one for one in self.transactions if one.txid == txid)


class BitcoinScript:
    """Spends coins and writes down what it does."""

    def __init__(self, node: BitcoinNode, start: int) -> None:
        self.node, self.now = node, start
        self.coins: dict[str, tuple[str, int]] = {}
        self.made: list[Made] = []
        self._pending: list[tuple[str, list[str], list[tuple[str, int]]]] = []

    def spend(self, inputs: list[str], outputs: list[tuple[str, int]], *, scripts: dict[int, str] | None = None) -> str:
        """Spend outpoints; outputs named in `scripts` (by index) pay to that script or hold that data, no address."""
        scripts = scripts or {}
        sent = []
        for index, (address, value) in enumerate(outputs):
            kind = {"data" if value == 0 else "script": scripts[index]} if index in scripts else {"address": address}
            sent.append({**kind, "value": value})
        txid = self.node.spend(inputs, sent)
        for index, (address, value) in enumerate(outputs):
            self.coins[f"{txid}:{index}"] = ("" if index in scripts else address, value)
        self._pending.append((txid, inputs, outputs))
        return txid

    def mine(self, reward_to: str, *, hours: int = 1) -> None:
        """Mine what is pending."""
        self.now += hours * HOUR
        block = self.node.mine(self.now, reward_to)
        assert block["txids"][1:] == [txid for txid, _, _ in self._pending]
        for index, (txid, inputs, outputs) in enumerate(self._pending, start=1):
            spent = [(outpoint, *self.coins[outpoint]) for outpoint in inputs]
            paid = [(f"{txid}:{place}", *self.coins[f"{txid}:{place}"]) for place in range(len(outputs))]
            self.made.append(Made(txid, block["height"], index, spent, paid))
        self._pending.clear()


def run_bitcoin_story(node: BitcoinNode, *, busy_payments: int = 30) -> BitcoinStory:
    """Act the story out on a fresh node.

    First in first out, by hand, in coins (fees left aside): 40 stolen. The thief pays 15 + 25. The 25 are joined with
    10 clean, listed second, and pay 20 to the exchange (all stolen) and 15 back (5 stolen, 10 clean).
    """
    kinds = {"victim": "p2wpkh", "thief": "p2pkh", "exchange": "p2sh-p2wpkh"}
    roles = ("victim", "thief", "mixing", "clean", "exchange", "peel", "miner", "busy", "bridge", "bridged")
    at = {role: node.address(role, kinds.get(role, "p2wpkh")) for role in roles}
    script = BitcoinScript(node, BITCOIN_START + 105 * 600)
    rewards = node.mature(at["victim"], blocks=3)
    script.coins |= dict.fromkeys(rewards, (at["victim"], 50 * COIN))
    fund = script.spend(
        [rewards[1]], [(at["clean"], 10 * COIN), (at["bridge"], 20 * COIN), (at["busy"], 20 * COIN - FEE)]
    )
    script.mine(at["miner"], hours=2)

    theft = script.spend([rewards[0]], [(at["thief"], 40 * COIN), (at["victim"], 10 * COIN - FEE)])
    script.mine(at["miner"], hours=24)
    split = script.spend([f"{theft}:0"], [(at["mixing"], 25 * COIN), (at["peel"], 15 * COIN - FEE)])
    script.mine(at["miner"])
    script.spend(
        [f"{split}:0", f"{fund}:0"],
        [(at["exchange"], 20 * COIN), (at["mixing"], 15 * COIN - FEE)],
    )
    bare = {1: node.bare_script("peel"), 2: node.bare_script("peel", "nobody"), 3: b"a note".hex()}
    odd = script.spend([f"{split}:1"], [(at["peel"], 12 * COIN), ("", COIN), ("", COIN), ("", 0)], scripts=bare)
    # Parent and child in one block; the child also gathers the coins without address.
    script.spend([f"{odd}:0", f"{odd}:1", f"{odd}:2"], [(at["peel"], 14 * COIN - FEE)])
    script.mine(at["miner"])
    outpoint, left = f"{fund}:2", 20 * COIN - FEE
    for _ in range(busy_payments):
        left -= 1_000 + FEE
        outpoint = script.spend([outpoint], [(at["clean"], 1_000), (at["busy"], left)]) + ":1"
        script.mine(at["miner"])
    script.now = BRIDGE_PAYS - HOUR
    change = 20 * COIN - BRIDGED_SATOSHIS - FEE
    paid = script.spend([f"{fund}:1"], [(at["bridged"], BRIDGED_SATOSHIS), (at["bridge"], change)])
    script.mine(at["miner"])
    for _ in range(7):
        script.mine(at["miner"])
    label = {"chain": node.chain, "address": at["exchange"], "label": "Sample Exchange", "category": "exchange"}
    label |= {"entity": "Sample Exchange", "source_url": "https://example.org/bitcoin"}
    labels = [label]
    return BitcoinStory(node, at, theft, script.made, labels, at["busy"], paid)
