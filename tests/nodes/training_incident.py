"""The training case as an incident of the registry: who is who, what was stolen, and that nobody suffered it."""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from training_story import Training

from tracer.model import format_time

CASE = "training"
RECORDED = 1_712_102_400
"""When the bundle says it was recorded: 2024-04-03, after the last block of the story."""

_ROLES = {
    "thief_1": ("Training: first thief", "theft"),
    "thief_2": ("Training: second thief", "theft"),
    **{f"peel_{number}": (f"Training: peel chain, wallet {number}", "intermediate") for number in range(7)},
    "hub": ("Training: hub", "intermediate"),
    "swapper": ("Training: swapper", "intermediate"),
    "meeting": ("Training: where both thefts meet", "intermediate"),
    "deposit": ("Training Exchange: deposit address", "intermediate"),
}
_VICTIMS = {"vault": "the vault of the first theft", "victim_2": "the wallet of the second theft"}

_HEAD = """\
schema: tracer-incident/1
id: training
kind: training
name: Training case (synthetic)
date: "2024-02-05"
chain: "eip155:31337"
summary: >-
  Synthetic: acted out on a node of a local development chain, where nothing has value and nobody was harmed. Two thefts
  meet in one wallet. The first, of 300 ETH, goes through a peel chain, a hub with clean money and a swap for dollars;
  part leaves over a bridge. The second, of 150,000 TUSD, is half sold for ETH. Deposits at an exchange are swept to its
  hot wallet; dust and look-alike transfers are noise. What is true of every movement lies beside the bundle.

sources:
  training:
    publisher: tracer
    title: "Training case: synthetic, acted out on a local development chain"
    url: "https://example.org/training"
    published: "2024-04-03"
    rank: A6
    licence: CC0-1.0

losses:
"""


def incident_text(case: Training) -> str:
    """Return the incident file of the training case."""
    seeds = [seed | {"asset": _asset(seed["asset"])} for seed in case.seeds]
    dollar = _asset(case.assets["dollar"])
    lines = [
        *(
            f'  - asset: "{seed["asset"]}"\n    amount: "{seed["amount"]}"\n    tx: "{seed["value"]}"\n'
            f'    block: "{move.block}"\n    time: "{format_time(move.time)}"\n    source: training\n'
            for seed in seeds
            for move in [next(move for move in case.movements if move.tx == seed["value"])]
        ),
        "\nattributions: []\n\ndissent: []\n\nseeds:\n",
        *(
            f'  - kind: tx\n    value: "{seed["value"]}"\n    asset: "{seed["asset"]}"\n'
            f'    amount: "{seed["amount"]}"\n    origin: training-{seed["origin"]}\n'
            for seed in seeds
        ),
        f'\nassets:\n  - asset: "{dollar}"\n    symbol: TUSD\n    decimals: "6"\n    source: training\n',
        "\nvictims:\n",
        *(
            f'  - address: "{to_checksum_address(case.address[role])}"\n    label: "Training: {what}"\n'
            f"    entity: Training victim\n    role: victim\n    source: training\n"
            for role, what in _VICTIMS.items()
        ),
        "\nlabels:\n",
        *_labels(case),
        "\nmissing:\n  - Everything real. It teaches how a trace is read and tests the program.\n",
    ]
    return _HEAD + "".join(lines)


def _labels(case: Training) -> list[str]:
    found = [
        (row["address"], row["label"], row["category"], row["entity"])
        for row in case.labels
        if row["category"] != "victim"
    ]
    found += [
        (case.address[role], label, category, "Training thieves")
        for role, (label, category) in _ROLES.items()
        if role in case.address
    ]
    return [
        f'  - address: "{to_checksum_address(address)}"\n    label: "{label}"\n    category: {category}\n'
        f"    entity: {entity}\n    source: training\n"
        for address, label, category, entity in found
    ]


def _asset(caip19: str) -> str:
    """Return an asset as incidents write it: without chain, a contract in mixed case."""
    namespace, _, reference = caip19.partition("/")[2].partition(":")
    return f"{namespace}:{to_checksum_address(reference) if namespace == 'erc20' else reference}"
