"""GraphSense TagPacks: a YAML header whose values the tags inherit.

Traps: Tron addresses filed under BTC, ``context`` that is a text of JSON, tags of a transaction instead of an address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tracer.errors import AddressError, DataFileError
from tracer.io import plain, read_yaml
from tracer.model import BITCOIN, DEFAULT_CHAIN, TRON, Label, chain_of
from tracer.registry.build import CONFIDENCES
from tracer.registry.importers.imported import Imported, Refused, address_of_list, chain_of_list, named_chain
from tracer.registry.importers.words import category_of

_NETWORKS: Final = {"BTC": BITCOIN, "ETH": DEFAULT_CHAIN, "TRX": TRON}
_REQUIRED: Final = ("title", "creator", "tags")
_INHERITED: Final = ("label", "source", "currency", "network", "confidence", "category", "abuse", "actor", "lastmod")


def read(path: Path) -> Imported:
    """Read a TagPack.

    Raises
    ------
    DataFileError
        If it is no YAML, lacks a required field, or repeats a key.
    """
    pack = read_yaml(path)
    if not isinstance(pack, dict) or any(key not in pack for key in _REQUIRED) or not isinstance(pack["tags"], list):
        raise DataFileError(f"{path.name} is no TagPack.", why=f"It needs {', '.join(_REQUIRED)}.")
    header = {key: pack[key] for key in _INHERITED if isinstance(pack.get(key), str)}
    header |= {"concepts": pack["concepts"]} if "concepts" in pack else {}
    creator = plain(str(pack["creator"]))
    labels: dict[Label, None] = {}
    refused: list[Refused] = []
    notes: list[str] = []
    for number, tag in enumerate(pack["tags"], 1):
        one = _label(header | tag if isinstance(tag, dict) else {}, creator, path.name, number, notes)
        if isinstance(one, Label):
            labels[one] = None
        else:
            refused.append(one)
    return Imported(tuple(labels), tuple(dict.fromkeys(notes)), tuple(refused), str(header.get("lastmod", ""))[:10])


def write(labels: Iterable[Label], *, title: str, creator: str, list_date: str) -> str:
    """Return labels as a TagPack; it holds label, entity (actor), category, source, confidence, chain and address."""
    labels = sorted(labels, key=repr)
    lines = [f"title: {json.dumps(title)}", f"creator: {json.dumps(creator)}", f"lastmod: {json.dumps(list_date)}"]
    lines += ["is_cluster_definer: false", "tags:" if labels else "tags: []"]
    networks = {chain: name for name, chain in _NETWORKS.items()}
    for one in labels:
        network = networks.get(one.chain, one.chain)
        values = {
            **{"address": one.address, "label": one.label, "source": one.source_url, "currency": network},
            **{"network": network, "category": one.category, "actor": one.entity},
            "confidence": one.confidence or "unknown",
        }
        pairs = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in values.items() if value]
        lines += [f"  - {pairs[0]}", *(f"    {pair}" for pair in pairs[1:])]
    return "\n".join(lines) + "\n"


def _label(tag: dict[str, Any], creator: str, file: str, number: int, notes: list[str]) -> Label | Refused:
    address = tag.get("address")
    if not isinstance(address, str):
        return Refused(file, number, "address", "The tag has no address; a transaction hash is no holder.")
    for key in ("label", "source", "confidence"):
        if not isinstance(tag.get(key), str) or not tag[key]:
            return Refused(file, number, key, f"The tag has no {key}.")
    if tag["confidence"] not in CONFIDENCES:
        return Refused(file, number, "confidence", f"{plain(tag['confidence'])[:40]!r} is not on the scale.")
    network, currency = (plain(str(tag.get(key) or ""))[:40] for key in ("network", "currency"))
    said = network or currency
    chain = chain_of_list(network, currency, address)
    try:
        known = None if chain is None else address_of_list(chain, address)
    except AddressError:
        known = None
    if chain is None or known is None:
        return Refused(file, number, "address", f"{plain(address)[:80]!r} is no address of {said or 'any chain'}.")
    claimed = named_chain(said)
    if claimed is not None and chain != claimed:
        notes.append(f"{plain(address)} is filed under {said}, but has the form of {chain_of(chain).name}.")
    if said and claimed is None and chain_of(chain).family == "other":
        notes.append(f"{said!r} is no chain we know: its addresses are filed under {chain}.")
    category, kept = category_of(_word(tag))
    if kept:
        notes.append(f"{kept!r} is no category of ours: filed under {category}.")
    return Label(
        chain=chain,
        address=known,
        label=plain(tag["label"]),
        category=category,
        entity=plain(str(tag.get("actor", ""))),
        publisher=creator,
        source_url=plain(tag["source"]),
        rank="A5",
        role="",
        confidence=tag["confidence"],
    )


def _word(tag: dict[str, Any]) -> str:
    """Return the tag's word for a category: its own, else of an abuse, else the first concept that we know."""
    concepts = tag.get("concepts")
    words = [tag.get("category"), tag.get("abuse"), *(concepts if isinstance(concepts, list) else ())]
    texts = [word for word in words if isinstance(word, str) and word]
    return next((word for word in texts if category_of(word)[0] != "unknown"), texts[0] if texts else "")
