"""Two thefts and how they are laundered, acted out on a real EVM node, with the whole truth beside it.

Amounts are in ether and in tokens of 6 decimals; every wallet also gets a little clean ether for fees.

Theft ``vault`` (day 9): 300 ether out of a vault contract, an internal transfer. Theft ``allowance`` (day 20): 150,000
dollars out of a wallet that had signed an approval.

Worked out by hand, first in first out, fees and the clean ether for fees (at most 0.1 a wallet) left aside:

- ``vault`` 300 is split 120 / 100 / 80 (day 10).
- The 120 peel: six hops pay 10 each, three to the exchange (through ``deposit_plain``), three to the otc desk; 60 rest
  in ``peel_6``, which pays 2 through a contract to ``peel_7``; 58 stay.
- The 100 reach ``hub``, which held 50 clean and gets 30 clean later. It pays 80 to the exchange (50 clean, **30
  stolen**), then 60 to ``meeting`` (**60 stolen**), and keeps 40 (**10 stolen**, 30 clean).
- The 80 buy 160,000 dollars, these 144,000 euros; 100,000 euros (standing for 80 × 100/144 = 55.56 ether) leave over
  the bridge, 44,000 (24.44 ether) go to ``meeting``, which burns 1,000 of them.
- ``allowance`` 150,000: 100,000 sell for 50 ether, 50,000 go to ``meeting`` and on to the exchange as dollars.
- ``meeting`` gets 60 ether of ``vault``, then 50 of ``allowance``; it pays 70 to the exchange: **60 of the first, 10 of
  the second**; 40 of ``allowance`` rest.

So at the exchange: ether of ``vault`` 30 (hub) + 30 (peels) + 60 (meeting) = 120; of ``allowance`` 10 ether, standing
for 20,000 dollars, and 50,000 dollars.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from coin_by_coin import Accountant, ExitKey
from evm_node import EvmNode
from laundering_stage import DOLLAR, WALLETS, Stage, look_alike, set_up
from scripted import ETHER, ZERO, Movement, Moves, Script

START = 1_704_067_200  # 2024-01-01
BITCOIN_DESTINATION = "bcrt1qpmmmx7dfefx06taseur2pmm0xhqfa0szmsdwk3"
"""Where the Bitcoin story's bridge pays."""
PEELS = 6


@dataclass
class Laundering:
    """What was acted out.

    Attributes
    ----------
    node : EvmNode
        Where; nothing more happens on it.
    address : dict of str to str
        By role, contracts among them.
    thefts : dict of str to str
        Name of the theft → transaction hash.
    seeds, labels : list of dict
        What an investigator would know, as a seeds table and a labels table have it.
    stops : dict of str to str
        Address → stop reason that follows from the labels.
    movements : list of Movement
        Everything that moved, in chain order, from the first block on.
    assets : dict of str to str
        ``ether``, ``dollar``, ``euro``, ``counterfeit`` → CAIP-19.
    deposits : dict of str to str
        Deposit address → exchange wallet it is swept to.
    bridged : dict
        ``tx, asset, amount, destination`` of the transfer that leaves over the bridge.
    txs : dict of str to str
        Transactions worth a test, by name.
    """

    node: EvmNode
    address: dict[str, str]
    thefts: dict[str, str] = field(default_factory=dict)
    seeds: list[dict[str, str]] = field(default_factory=list)
    labels: list[dict[str, str]] = field(default_factory=list)
    stops: dict[str, str] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    assets: dict[str, str] = field(default_factory=dict)
    deposits: dict[str, str] = field(default_factory=dict)
    bridged: dict[str, str | int] = field(default_factory=dict)
    txs: dict[str, str] = field(default_factory=dict)

    def exits(self, rule: str) -> dict[ExitKey, tuple[int, int]]:
        """Return the leaves under ``fifo`` or ``haircut``, by an accountant of its own."""
        return Accountant(rule, {tx: name for name, tx in self.thefts.items()}, self.stops).run(self.movements)

    def touching(self, address: str) -> list[Movement]:
        """Return the movements on either side of which an address stands."""
        return [one for one in self.movements if address in (one.sender, one.recipient)]


def run_laundering(node: EvmNode) -> Laundering:
    """Act the whole story out on a fresh node."""
    address = dict(zip(WALLETS, node.accounts, strict=False))
    stage = Stage(Script(node, START), address)
    story = Laundering(node, address)
    set_up(stage)
    steal_from_vault(stage, story)
    peel(stage)
    through_the_hub(stage)
    swap_and_bridge(stage, story)
    steal_by_allowance(stage, story)
    meet_and_cash_out(stage, story)
    noise(stage, story)
    stage.script.mine(45, empty=12)
    describe(stage, story)
    return story


def steal_from_vault(stage: Stage, story: Laundering) -> None:
    """Drain the vault and split the loot through a contract that pays many."""
    script, at = stage.script, stage.address
    vault, splitter, thief = stage.contract["vault"], stage.contract["splitter"], at["attacker_vault"]
    story.thefts["vault"] = script.do(
        thief,
        vault.address,
        data=vault.data("drain", thief, 300 * ETHER),
        moves=[Moves("call", (0,), vault.address, thief, 300 * ETHER)],
        note="theft from the vault",
    )
    script.mine(9)
    shares = [("split_1", 120), ("split_2", 100), ("split_3", 80)]
    payees, amounts = [at[role] for role, _ in shares], [ether * ETHER for _, ether in shares]
    story.txs["split"] = script.do(
        thief,
        splitter.address,
        value=300 * ETHER,
        data=splitter.data("split", payees, amounts),
        moves=[Moves("call", (i,), splitter.address, payees[i], amounts[i]) for i in range(3)],
        note="splits the loot",
    )
    script.mine(10)


def peel(stage: Stage) -> None:
    """Pay 10 away at each of six hops and pass the rest on; the otc desk and the exchange take turns."""
    script, at = stage.script, stage.address
    holder, left = "split_1", 120
    for hop in range(1, PEELS + 1):
        venue = "deposit_plain" if hop % 2 else "otc"
        left -= 10
        script.pay(at[holder], at[venue], 10 * ETHER, f"peel {hop}")
        script.pay(at[holder], at[f"peel_{hop}"], left * ETHER, f"rest of peel {hop}")
        script.mine(10 + hop / 2)
        holder = f"peel_{hop}"
    half = stage.contract["half_reverter"]
    script.do(
        at["peel_6"],
        half.address,
        value=2 * ETHER,
        data=half.data("run", at["duster"], at["peel_7"]),
        moves=[Moves("call", (1,), half.address, at["peel_7"], 2 * ETHER)],
        note="a payment inside is undone, another is made instead",
    )
    script.mine(14)


def through_the_hub(stage: Stage) -> None:
    """Mix stolen with clean money in one wallet and pay out of it."""
    script, at = stage.script, stage.address
    script.pay(at["merchant"], at["hub"], 50 * ETHER, "clean top-up before")
    script.mine(15)
    script.pay(at["split_2"], at["hub"], 100 * ETHER, "stolen money reaches the hub")
    script.mine(15.25)
    script.pay(at["merchant"], at["hub"], 30 * ETHER, "clean top-up after")
    script.mine(15.5)
    forwarder = stage.contract["deposit_forwarder"]
    script.do(
        at["hub"],
        forwarder.address,
        value=80 * ETHER,
        moves=[Moves("call", (0,), forwarder.address, at["exchange_hot"], 80 * ETHER)],
        note="deposit at the exchange, forwarded at once",
    )
    script.mine(16)
    script.pay(at["hub"], at["meeting"], 60 * ETHER, "first incident reaches the meeting wallet")
    script.mine(16.5)


def swap_and_bridge(stage: Stage, story: Laundering) -> None:
    """Ether into dollars, dollars into euros, most of the euros over the bridge."""
    script, at, holder = stage.script, stage.address, stage.address["split_3"]
    dollar, euro, bridge = stage.contract["dollar"], stage.contract["euro"], stage.contract["bridge"]
    ether_pool, euro_pool = stage.contract["ether_pool"], stage.contract["euro_pool"]
    story.txs["buy"] = script.do(
        holder,
        ether_pool.address,
        value=80 * ETHER,
        data=ether_pool.data("buy", holder),
        moves=[Moves("log", 0, ether_pool.address, holder, 160_000 * DOLLAR, stage.asset("dollar"))],
        logs=2,
        swap=True,
        note="ether into dollars",
    )
    script.approve(dollar, holder, euro_pool.address, 160_000 * DOLLAR)
    story.txs["swap"] = script.do(
        holder,
        euro_pool.address,
        data=euro_pool.data("sell0", 160_000 * DOLLAR, holder),
        moves=[
            Moves("log", 0, holder, euro_pool.address, 160_000 * DOLLAR, stage.asset("dollar")),
            Moves("log", 1, euro_pool.address, holder, 144_000 * DOLLAR, stage.asset("euro")),
        ],
        logs=3,
        swap=True,
        note="dollars into euros",
    )
    script.mine(17)
    script.approve(euro, holder, bridge.address, 100_000 * DOLLAR)
    locked = script.do(
        holder,
        bridge.address,
        data=bridge.data("lock", euro.address, 100_000 * DOLLAR, BITCOIN_DESTINATION),
        moves=[Moves("log", 0, holder, bridge.address, 100_000 * DOLLAR, stage.asset("euro"))],
        logs=2,
        note="leaves over the bridge",
    )
    story.bridged = {"tx": locked, "asset": stage.asset("euro"), "amount": 100_000 * DOLLAR}
    story.bridged["destination"] = BITCOIN_DESTINATION
    script.transfer(euro, holder, at["meeting"], 44_000 * DOLLAR, "euros reach the meeting wallet")
    script.mine(18)


def steal_by_allowance(stage: Stage, story: Laundering) -> None:
    """Take the second victim's dollars by an approval it had signed, and turn a part of them into ether."""
    script, at, dollar, thief = (
        stage.script,
        stage.address,
        stage.contract["dollar"],
        stage.address["attacker_allowance"],
    )
    ether_pool, asset = stage.contract["ether_pool"], stage.asset("dollar")
    script.approve(dollar, at["victim_wallet"], thief, 150_000 * DOLLAR)
    script.mine(19)
    story.thefts["allowance"] = script.do(
        thief,
        dollar.address,
        data=dollar.data("transferFrom", at["victim_wallet"], thief, 150_000 * DOLLAR),
        moves=[Moves("log", 0, at["victim_wallet"], thief, 150_000 * DOLLAR, asset)],
        logs=1,
        note="theft by allowance",
    )
    script.mine(20)
    script.approve(dollar, thief, ether_pool.address, 100_000 * DOLLAR)
    story.txs["sell"] = script.do(
        thief,
        ether_pool.address,
        data=ether_pool.data("sell", 100_000 * DOLLAR, thief),
        moves=[
            Moves("log", 0, thief, ether_pool.address, 100_000 * DOLLAR, asset),
            # The token is asked first, so the payment is the second call.
            Moves("call", (1,), ether_pool.address, thief, 50 * ETHER),
        ],
        logs=2,
        swap=True,
        note="dollars into ether",
    )
    script.transfer(dollar, thief, at["meeting"], 50_000 * DOLLAR, "dollars reach the meeting wallet")
    script.mine(21)
    script.pay(thief, at["meeting"], 50 * ETHER, "second incident reaches the meeting wallet")
    script.mine(22)


def meet_and_cash_out(stage: Stage, story: Laundering) -> None:
    """Pay out of the wallet in which both thefts met; the exchange sweeps its deposit addresses."""
    script, at, dollar = stage.script, stage.address, stage.contract["dollar"]
    forwarder, asset = stage.contract["deposit_forwarder"], stage.asset("dollar")
    script.pay(at["meeting"], at["deposit_plain"], 70 * ETHER, "deposit of both incidents")
    script.mine(25)
    story.txs["sweep"] = script.pay(at["deposit_plain"], at["exchange_hot"], 100 * ETHER, "the exchange sweeps")
    script.transfer(dollar, at["meeting"], forwarder.address, 50_000 * DOLLAR, "deposit of dollars")
    script.mine(26)
    script.do(
        at["exchange_hot"],
        forwarder.address,
        data=forwarder.data("sweep", dollar.address),
        moves=[Moves("log", 0, forwarder.address, at["exchange_hot"], 50_000 * DOLLAR, asset)],
        logs=1,
        note="the exchange sweeps dollars",
    )
    script.mine(27)


def noise(stage: Stage, story: Laundering) -> None:
    """Innocent deposits, dust, zero-value poisoning, a counterfeit token, a burn, failed calls."""
    script, at, dollar = stage.script, stage.address, stage.contract["dollar"]
    meeting = at["meeting"]
    at["lookalike"] = look_alike(at["hub"])
    script.pay(at["customer"], at["deposit_customer"], 15 * ETHER, "an innocent deposit")
    script.mine(28)
    script.pay(at["deposit_customer"], at["exchange_hot"], 15 * ETHER, "the exchange sweeps")
    for role in ("meeting", "hub", "peel_6"):
        script.pay(at["duster"], at[role], 1, "dust")
    poison = dollar.data("transferFrom", meeting, at["lookalike"], 0)
    moves = [Moves("log", 0, meeting, at["lookalike"], 0, stage.asset("dollar"))]
    story.txs["poison"] = script.do(
        at["poisoner"], dollar.address, data=poison, moves=moves, logs=1, note="zero-value poisoning"
    )
    script.mint(stage.contract["counterfeit"], at["poisoner"], meeting, 10**12, "a counterfeit of the dollar")
    script.mine(29)
    story.txs["fail"] = script.do(
        meeting, at["always_fails"], value=ETHER, data="0x01", fails=True, note="fails: only the fee is real"
    )
    euro = stage.contract["euro"]
    burned = [Moves("log", 0, meeting, ZERO, 1_000 * DOLLAR, stage.asset("euro"))]
    script.do(meeting, euro.address, data=euro.data("burn", 1_000 * DOLLAR), moves=burned, logs=1, note="burns euros")
    script.mine(30)


def describe(stage: Stage, story: Laundering) -> None:
    """Write down what an investigator would know, and the rest of the truth."""
    at = story.address
    known = {
        "exchange_hot": ("Sample Exchange 1", "exchange", "Sample Exchange", "service"),
        "otc": ("Sample OTC desk", "otc", "Sample OTC", "service"),
        "bridge": ("Sample Bridge", "bridge", "Sample Bridge", "bridge"),
        "ether_pool": ("Sample Pool ETH/SUSD", "dex", "Sample Pools", ""),
        "euro_pool": ("Sample Pool SUSD/SEUR", "dex", "Sample Pools", ""),
    }
    for role, (label, category, entity, stop) in known.items():
        row = {"chain": stage.script.chain, "address": at[role], "label": label, "category": category}
        story.labels.append(row | {"entity": entity, "source_url": "https://example.org/laundering"})
        if stop:
            story.stops[at[role]] = stop
    for origin, asset in (("vault", stage.script.native), ("allowance", stage.asset("dollar"))):
        seed = {"kind": "tx", "value": story.thefts[origin], "asset": asset, "amount": "", "origin": origin}
        story.seeds.append(seed)
    hot = at["exchange_hot"]
    story.deposits = {at[role]: hot for role in ("deposit_forwarder", "deposit_plain", "deposit_customer")}
    story.assets = {"ether": stage.script.native} | {
        role: stage.asset(role) for role in ("dollar", "euro", "counterfeit")
    }
    story.movements = list(stage.script.movements)
