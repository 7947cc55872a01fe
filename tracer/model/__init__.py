"""The records every room speaks: chain, address, asset, amount, transfer, event, lot, statement, grade, incident.

No input or output, and nothing but the standard library.
"""

from tracer.model.address import (
    Address,
    base58check_encode,
    caip10,
    checksum_form,
    hex_form,
    known_form_elsewhere,
    parse_address,
    parse_holder,
)
from tracer.model.amount import format_units, parse_amount, parse_whole
from tracer.model.asset import Asset, AssetId, describe_asset, is_non_fungible, native_asset, parse_asset
from tracer.model.category import ABSORBING, CATEGORIES, DECODED_THROUGH, OF_A_KEY, Category, parse_category
from tracer.model.chain import (
    BITCOIN,
    CHAINS,
    DEFAULT_CHAIN,
    LOCAL_BITCOIN,
    LOCAL_EVM,
    TRON,
    Chain,
    ChainId,
    chain_of,
    parse_chain,
)
from tracer.model.chain_facts import ChainFacts, facts_of
from tracer.model.collected import LAYERS, Coin, Collected, CollectedTx
from tracer.model.event import TRANSIT, Account, Event, Leg, Lot, Origin, Part, Shown, is_transit, plain_holder
from tracer.model.explorer import EXPLORER_KINDS, explorer_url
from tracer.model.grade import GRADES, RANKS, at_least, parse_grade, weakest
from tracer.model.keccak import keccak256
from tracer.model.marking import MARKINGS, OWN, PUBLIC, parse_marking
from tracer.model.statement import Attribution, Checkpoint, Claim, Figure, Incident, Label, Loss, Source, Statement
from tracer.model.time import format_time, parse_time, parse_until, resolution_of
from tracer.model.transfer import KINDS, PRECISIONS, REFUSED_ROW, ROUNDED, SEED_KINDS, LedgerLeg, Seed, Transfer, Unread

__all__ = [
    "ABSORBING",
    "BITCOIN",
    "CATEGORIES",
    "CHAINS",
    "DECODED_THROUGH",
    "DEFAULT_CHAIN",
    "EXPLORER_KINDS",
    "GRADES",
    "KINDS",
    "LAYERS",
    "LOCAL_BITCOIN",
    "LOCAL_EVM",
    "MARKINGS",
    "OF_A_KEY",
    "OWN",
    "PRECISIONS",
    "PUBLIC",
    "RANKS",
    "REFUSED_ROW",
    "ROUNDED",
    "SEED_KINDS",
    "TRANSIT",
    "TRON",
    "Account",
    "Address",
    "Asset",
    "AssetId",
    "Attribution",
    "Category",
    "Chain",
    "ChainFacts",
    "ChainId",
    "Checkpoint",
    "Claim",
    "Coin",
    "Collected",
    "CollectedTx",
    "Event",
    "Figure",
    "Incident",
    "Label",
    "LedgerLeg",
    "Leg",
    "Loss",
    "Lot",
    "Origin",
    "Part",
    "Seed",
    "Shown",
    "Source",
    "Statement",
    "Transfer",
    "Unread",
    "at_least",
    "base58check_encode",
    "caip10",
    "chain_of",
    "checksum_form",
    "describe_asset",
    "explorer_url",
    "facts_of",
    "format_time",
    "format_units",
    "hex_form",
    "is_non_fungible",
    "is_transit",
    "keccak256",
    "known_form_elsewhere",
    "native_asset",
    "parse_address",
    "parse_amount",
    "parse_asset",
    "parse_category",
    "parse_chain",
    "parse_grade",
    "parse_holder",
    "parse_marking",
    "parse_time",
    "parse_until",
    "parse_whole",
    "plain_holder",
    "resolution_of",
    "weakest",
]
