"""What the columns and codes of a flagged list mean, in words (method tiers)."""

from __future__ import annotations

from typing import Final

from tracer.model import RANKS
from tracer.trace import BASIS_WORDS, Section

BASES: Final = tuple(BASIS_WORDS)
"""Bases, the strongest first."""

FLAG_COLUMNS: Final = {
    "list_version": "the release that wrote the row; draft: straight from a trace",
    "entry_id": "id of address and case, the same for ever; all asset rows of an entry share it",
    "caip10": "chain and address in one",
    "address": "the address, in its canonical form",
    "chain": "CAIP-2 id of the chain",
    "case_id": "incident or case",
    "role": "what the address did; see below",
    "tier": "how much a receiver should make of it; see below",
    "grade": "the weakest step on the best path to it",
    "attribution_rank": "rank of the strongest statement that names this address for the incident; empty: none does",
    "confidence": "0 to 100: by grade 70, 50 or 10; named by rank A1, A2, A3: 90, 85, 80, never below its grade's",
    "hop": "movements from the seed, which has 0",
    "policy": "the accounting rule of the amounts",
    "asset": "CAIP-19 id; empty with all amounts where the address is only named",
    "tainted": "stolen base units there at the end",
    "min": "the least that any rule leaves there at the end",
    "max": "the most that any rule leaves there at the end",
    "certainty": "class of min and max",
    "basis": "what `certainty` rests on; where that claims nothing, what `passed_certainty` rests on",
    "passed_through": "stolen base units received, over all receipts; what was paid on counts too",
    "passed_min": "the least that any rule makes it receive, all receipts together; what it begins with counts",
    "passed_max": "the most that any rule makes it receive, all receipts together; where units come back to it each "
    "receipt counts, and the interval holds every rule without being the tightest",
    "passed_certainty": "class of passed_min and passed_max",
    "usd_at_time": "tainted in US dollars, as in exits.csv: or where it is 0, passed_through; empty: not priced",
    "first_tx": "transaction of the first stolen receipt; empty where the source gives none",
    "first_time": "its time, UTC",
    "last_tx": "transaction of the last stolen receipt",
    "last_time": "its time, UTC",
    "claim_id": "claim in the evidence pack",
    "evidence_url": "where a statement on this address can be read without a login",
    "source_attribution": "statement that attributes the theft",
    "reason": "reason codes, separated by semicolons; see below",
    "valid_from": "the row holds from here",
    "valid_until": "and until here, itself not included",
    "status": "active, withdrawn or superseded",
    "tlp": "marking: to whom it may be passed on",
}
"""The 36 columns of ``flagged.csv`` and ``leads.csv``, in order."""

KEPT_OFF_COLUMNS: Final = {
    "caip10": "chain and address of one that stolen money reached",
    "class": "why it is not listed; see below",
    "reason": "the same in a sentence",
    "source_url": "where that is published; empty for a rule of the program",
    "tlp": FLAG_COLUMNS["tlp"],
}

FLOOR_WORDS: Final = {
    "below_usd": "What it received was worth less than 100 US dollars at the time.",
    "below_share": "What it received is less than 1 % of all its receipts in the asset.",
    "dust_only": "It received nothing but dust from look-alike addresses.",
}
"""Floors below which no row is written."""

SPARED: Final = {
    "through_victim": "Stolen units can have reached it only out of the hands of the victim, which had got them back.",
    "returned": "All the stolen units that it got it gave to the victim or to its recovery address.",
    "router": "In one transaction it passed on all that it got in it, as a contract does that forwards.",
}
"""Why an address is no suspect by what it did with the stolen units."""

_CLASSES: Final = {
    "zero, burn, precompile": "nobody controls it",
    "token": "the contract of an asset of this case",
    "victim": "it belongs to the victim",
    "white_hat, recovery": "a label says that it took the units to give them back, or to receive them back",
    **SPARED,
    "counterparty": "another party of the theft's transaction: a pool that swapped in it, a payer of its own money",
    "unvouched": "taken for a pool though nobody says so: no stolen units are followed to it",
    "contract, high_degree": "a contract of unknown code; more counterparties than a private wallet",
    "elsewhere": "a label says that a service, a victim or a white hat has this address on another chain",
    "exchange, mixer, bridge and other categories": "a label says that a service stands behind it",
    **FLOOR_WORDS,
}

ROLE_WORDS: Final = {
    "theft_receiver": "paid by the theft itself, as its recipient",
    "named_wallet": "named by an authority or the victim",
    "intermediate": "unattributed holder on the path",
    "peel": "in a chain that pays most onward and a little elsewhere",
    "consolidation": "gathers several paths",
    "splitter": "fans out in a short time",
    "swap_user": "changed the asset on a swap service (never the contract)",
    "bridge_sender": "paid into a bridge",
    "bridge_receiver": "received from a bridge, by identifier",
    "mixer_depositor": "paid into a mixer, or is labelled as its depositor",
    "mixer_withdrawal_candidate": "possible withdrawer after a mixer",
    "service_sender": "last unattributed holder before a service",
    "at_rest": "holds stolen units and has paid none on",
    "cluster_member": "same owner by heuristic only",
}

TIER_WORDS: Final = {
    "T1": "attributed: a statement of rank A1 to A3 names the address for this incident; valid 365 days",
    "T2": "direct: every step proven, recorded or identified, at most 3 movements from the seed, at least half of its "
    "receipts, and certain under any rule; valid 180 days",
    "T3": "traced: the same grades, but farther, or a smaller share, or not certain under every rule; valid 90 days",
    "T4": "lead, in leads.csv alone: a step is inferred or asserted, the theft paid it without being its receiver, it "
    "traded in rows that nobody decoded, or more than half of its units came out of the hands of such leads, of a "
    "service that is followed or of a victim; valid 30 days",
}

REASON_WORDS: Final = {
    "R01": "named by an authority",
    "R02": "received on the path of the theft",
    "R03": "peel chain",
    "R04": "swapped out",
    "R05": "received from a bridge, by identifier",
    "R06": "paid into a mixer, or is labelled as its depositor: then the deposit itself need not be in this data",
    "R07": "candidate after a mixer",
    "R08": "split or fan-out in a short window",
    "R09": "units of several thefts met there",
    "R10": "paid into a service",
    "R11": "moved after a long rest",
    "R12": "spent together with another (CoinJoin excluded)",
    "R13": "its gas came from a listed address",
    "R14": "frozen by an issuer or authority",
    "W1": "withdrawn: factual error",
    "W2": "withdrawn: address of a service",
    "W3": "withdrawn: victim",
    "W4": "withdrawn: attribution retracted",
    "W5": "withdrawn: expired",
    "W6": "withdrawn: below a floor when run again",
    "W7": "withdrawn: order of a court or authority",
    "W8": "withdrawn: returned or recovered",
    "W9": "withdrawn: new data changes the path",
    "W10": "withdrawn: disputed and upheld",
}


def flag_sections() -> tuple[Section, ...]:
    """Return the legend of ``flagged.csv``, ``leads.csv`` and ``kept_off.csv``."""
    ranks = tuple((rank, word.replace("_", " ")) for rank, word in sorted(RANKS.items()))
    return (
        ("flagged.csv and leads.csv", tuple(FLAG_COLUMNS.items())),
        ("tier", tuple(TIER_WORDS.items())),
        ("role", tuple(ROLE_WORDS.items())),
        (
            "reason",
            (*REASON_WORDS.items(), ("override:CLASS", "listed over the guard of that class, by an override on file")),
        ),
        ("rank: who speaks; it says nothing about truth", ranks),
        ("kept_off.csv", tuple(KEPT_OFF_COLUMNS.items())),
        ("class of kept_off.csv", tuple(_CLASSES.items())),
    )
