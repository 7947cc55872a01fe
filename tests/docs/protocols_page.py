"""Writes docs/protocols.md: what the decoders follow comes from the code, what was tested from the kept recordings.

``python tests/docs/protocols_page.py --write`` writes the page; a test holds the page to what this gives.
"""

# ruff: noqa: E501 (lines of the page stand as they are written)

from __future__ import annotations

import csv
import importlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracer.decoders import Decoder, built_in
from tracer.decoders.by_log import ANY_CHAIN, ByLogs, Venue
from tracer.model import ChainId, chain_of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "protocols.md"
DATA = ROOT / "tests" / "decoders" / "data"

FAMILIES = (
    (
        "Bridges",
        "Both ends, where the protocol writes both: `bridge_out` with key, destination chain and recipient, `bridge_in` with the same key. "
        "`socket` and `lifi` are front ends: the record of the bridge underneath is kept, and theirs fills what it does not say.",
        "across arbitrum avalanche_bridge cctp celer chainflip crosscurve debridge hop layerzero lifi mayan multichain nomad omnibridge "
        "opstack polygon relay ronin scroll socket stargate_v1 thorchain woofi wormhole zksync",
    ),
    (
        "Exchanges and aggregators",
        "Net flows show the conversion; the protocol's log, or its call, confirms and names it. An aggregator stands in front of the pools, which are named in `via`.",
        "aerodrome balancer cow curve kyberswap odos oneinch openocean pancakeswap paraswap quickswap sky sushi uniswap_v2 uniswap_v3 uniswap_v4 velodrome zerox",
    ),
    (
        "Wraps and staking",
        "The coin and its wrapped form one for one; shares that grow are followed as shares.",
        "weth lido mantle rocket_pool",
    ),
    (
        "Lending",
        "`deposit`, `withdraw`, `borrow`, `repay`, each with the position it touches; a seizure is one event of both. What a loan means for stolen money has two readings (`tracer.decoders.lending.readings`), and neither is chosen here.",
        "aave_v1 aave_v2 aave_v3 compound_v2 compound_v3 morpho_blue spark",
    ),
    (
        "Issuers",
        "Freezes, releases, destructions, issues: balances that change, or cannot move, without a transfer.",
        "circle tether",
    ),
)

WHY = {
    "test_hop_eth_bridge_l2_to_l1_ethereum": "the calls inside are not in the recording: what was paid in coin is in no log",
    "test_zksync_lite_withdrawal": "payouts of zkSync Lite name no transfer of the second layer: there is no key",
    "test_zksync_lite_batched_withdrawal": "payouts of zkSync Lite name no transfer of the second layer: there is no key",
    "test_zksync_lite_legacy_batched_withdrawal": "payouts of zkSync Lite name no transfer of the second layer: there is no key; two wait in the contract",
    "test_withdraw_eth": "the calls inside are not in the recording: the coin that moved is in no log that the bridge writes",
    "test_claim_eth_on_ethereum": "the calls inside are not in the recording: what was paid in coin is in no log",
    "test_polygon_pos_bridge_withdraw_eth": "an exit carries the burn inside its proof and names no hash: there is no key; the coin paid is in no log",
    "test_polygon_pos_bridge_withdraw_token": "an exit carries the burn inside its proof and names no hash: there is no key",
    "test_polygon_pos_bridge_l2_deposit": "a burn of a child token writes its transfer alone: no key, and that the token is a child of the bridge is inferred",
    "test_hop_l2_deposit_usdc": "Hop gives no identifier to transfers from Ethereum",
    "test_hop_l2_deposit": "Hop gives no identifier to transfers from Ethereum",
    "test_receive_eth_on_ethereum": "the calls inside are not in the recording: what was paid in coin is in no log",
    "test_votemarket_bridge_in": "Chainlink CCIP and LaPoste: not followed",
    "test_hop_optimism_eth_receive_no_event": "the calls inside are not in the recording: what was paid in coin is in no log",
    "test_hop_eth_bridge_optimism": "the calls inside are not in the recording: what was paid in coin is in no log",
    "test_crosscurve_bridge_send": "the recipient is in the call, in a form that is not read",
    "test_deposit_dai_to_gnosis": "the coin is made by the block reward contract, in no movement of the transaction",
    "test_receive_erc20_on_arbitrum_one": "the log of an arriving token names no number of its message: there is no key",
    "test_receive_eth_ethereum_to_base_bridge": "the calls inside are not in the recording: what was paid in coin is in no log",
}

NOT_FOLLOWED = """
- **Stargate v2 by bus**: a ticket has no identifier of its own until the bus drives.
- **CCTP v2 at the source**: the nonce is given later by the attesters; the leg has no key, and is for the structured tier of links.
- **Chainflip deposit channels** and **Relay routes**: what was asked for is in the network's record, not on the chain.
- **The Avalanche bridge on Avalanche**, **Celer's pegged tokens**, **Multichain's version 7 and its custody accounts**, **Polygon zkEVM**, **Synapse**, **Chainlink CCIP**, **NTT**, **1inch Fusion+**: contracts or receipts are missing here.
- **Stargate v1, CrossCurve and Mayan at the source**: the recipient stands in the call alone.
- **Positions of several assets** (liquidity, LP tokens, Curve and Balancer joins): shares would need prices; who put in or took out what is a row `unknown` with the reason.
- **NFTs** and ERC-1155: not followed as value.
- **Aave v1 loans, Compound v3 absorption, Curve and Liquity loans**: not told apart from payments.
- **The coin of chains without a number in SLIP-44 here** (HyperEVM, Linea, Unichain and others): movements of it are not read; tokens are.
- **Balances inside a vault** (Balancer) and **private pools** (Railgun, Tornado Cash): nothing is told of what happens inside.
"""


def of(name: str) -> str:
    """Return the first sentence of what a decoder's module says of itself."""
    module = importlib.import_module(f"tracer.decoders.{name}.decoder")
    return " ".join((module.__doc__ or "").split("\n\n")[0].split())


def events_of(decoder: Decoder) -> str:
    if isinstance(decoder, ByLogs):
        events = [reading.event for reading in decoder.readings]
    elif isinstance(decoder, Venue):
        events = [one.event for one in decoder.confirmations]
    else:
        events = []
    names = dict.fromkeys(event.text.partition("(")[0] for event in events)
    return ", ".join(f"`{name}`" for name in names) or "movements alone"


def chains_of(decoder: Decoder) -> str:
    tables: Iterable[str] = getattr(decoder, "contracts", {}) or getattr(
        sys.modules[f"tracer.decoders.{decoder.name}.decoder"], "FACTORIES", {}
    )
    chains = [*tables] or sorted(decoder.interests().chains)
    if ANY_CHAIN in chains or not chains:
        return "any EVM chain"
    return ", ".join(dict.fromkeys(chain_of(ChainId(chain)).name for chain in chains))


def tested(name: str, told: dict[str, Any]) -> str:
    """Return on how many recorded transactions a decoder speaks, with one or two of them."""
    seen = told["seen"].get(name)
    if not seen:
        beside = " (named beside others)" if name in told["seen"] else ""
        return f"made-up logs only{beside}"
    chains = ", ".join(f"{chain_of(ChainId(chain)).name} {count}" for chain, count in seen.items())
    whole = ", ".join(f"`{one['tx'][:12]}…`" for one in told["whole"].get(name, ()))
    return f"{sum(seen.values())} ({chains}); whole: {whole}"


def crossings() -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Return the bridge transactions of the list that are told whole, and those of which something is missing."""
    with (DATA / "bridges.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    whole = [
        row
        for row in rows
        if row["legs"] != "0" and {row["with_key"], row["with_destination"], row["borne_out"]} == {row["legs"]}
    ]
    return whole, [row for row in rows if row not in whole]


def page() -> str:
    """Return the page."""
    told = json.loads((DATA / "told.json").read_text("utf-8"))
    registry = built_in()
    whole, rest = crossings()
    out = [
        "# Protocols",
        "",
        "What is made of a transaction is said by decoders, one folder each in `tracer/decoders`, and by the net-flow rule behind them:",
        "what a transaction leaves everybody with. `tracer decode FILE…` says it of plain files. This page is written from the code",
        "(`make docs`); the counts are of 780 recorded transactions of ten chains, which lie beside the repository.",
        "",
        "A contract that writes a log decides what it means, never the log's topic: the same topic is written by look-alikes. What a log",
        "says was paid is looked for among the movements of its transaction. Where the calls inside are not held, coin that was paid is in",
        "no movement, and the leg says so.",
        "",
    ]
    for title, words, names in FAMILIES:
        out += [
            f"## {title}",
            "",
            words,
            "",
            "| decoder | what it is | chains | reads | recorded transactions |",
            "|---|---|---|---|---|",
        ]
        for name in names.split():
            decoder = registry.decoder(name)
            text = of(name)
            out.append(f"| `{name}` | {text} | {chains_of(decoder)} | {events_of(decoder)} | {tested(name, told)} |")
        out.append("")
    out += [
        "## The listed bridge transactions",
        "",
        f"{len(whole) + len(rest)} of the recorded transactions were listed as bridges by what they were recorded for, before there were decoders",
        f"(`tests/decoders/data/recorded_list.csv`). {len(whole)} are told whole: key, destination, and the movement that bears it out. Of the others:",
        "",
        "| recorded for | chain | transaction | told by | what is missing |",
        "|---|---|---|---|---|",
    ]
    for row in rest:
        name = row["about"].split("/")[-1].split(" ")[0]
        first = row["about"].split(" ")[0].split("/")[-1]
        reason = WHY[first]
        chain = chain_of(ChainId(row["chain"])).name
        out.append(
            f"| {name.removeprefix('test_')} | {chain} | `{row['tx'][:12]}…` | {row['protocols'] or 'nobody'} | {reason} |"
        )
    out += ["", "## What is not followed", "", NOT_FOLLOWED.strip(), ""]
    return "\n".join(out)


def claimed() -> set[str]:
    """Return the decoders that the page names."""
    return {name for _, _, names in FAMILIES for name in names.split()}


if __name__ == "__main__" and "--write" in sys.argv:
    PAGE.write_text(page(), "utf-8")
