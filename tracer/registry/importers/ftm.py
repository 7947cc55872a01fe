"""FollowTheMoney wallets: one JSON object a line, schema ``CryptoWallet``, all values lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from tracer.errors import AddressError, DataFileError
from tracer.io import check_document, parse_json, plain
from tracer.model import ChainId, Label, caip10
from tracer.registry.importers.imported import Imported, Refused, address_of_list, chain_of_list

_TOPICS: Final = {
    "sanction": "sanctions",
    "crime.theft": "theft",
    "crime.fraud": "scam",
    "asset.frozen": "frozen",
    "crime.cyber": "attacker",
    "crime.terror": "sanctions",
}
_TOPIC_OF: Final = {category: topic for topic, category in reversed(_TOPICS.items())}


def read(path: Path) -> Imported:
    """Read wallets from JSON lines; entities of other schemas are refused and counted.

    Raises
    ------
    DataFileError
        If the file is not UTF-8 or a line is no JSON object.
    """
    labels: dict[Label, None] = {}
    refused: list[Refused] = []
    check_document(path, "JSON lines")
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as cause:
        raise DataFileError(f"{path.name} cannot be read as UTF-8.", why=str(cause)) from cause
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        for one in _labels(parse_json(line, f"{path.name}, line {number}"), path.name, number):
            if isinstance(one, Label):
                labels[one] = None
            else:
                refused.append(one)
    return Imported(tuple(labels), (), tuple(refused))


def write(labels: Iterable[Label]) -> str:
    """Return labels as wallets; it holds name, address, chain, entity, publisher, source, and four categories."""
    lines = []
    for one in sorted(labels, key=repr):
        properties: dict[str, list[str]] = {
            "name": [one.label],
            "publicKey": [one.address],
            "blockchain": [one.chain],
            "holder": [one.entity],
            "publisher": [one.publisher],
            "sourceUrl": [one.source_url],
            "topics": [_TOPIC_OF[one.category]] if one.category in _TOPIC_OF else [],
            "managingExchange": [one.entity] if one.category == "exchange" else [],
        }
        kept = {key: value for key, value in properties.items() if value and value[0]}
        name = f"tracer-{caip10(one.chain, one.address)}"
        lines.append(json.dumps({"id": name, "properties": kept, "schema": "CryptoWallet"}, sort_keys=True))
    return "".join(f"{line}\n" for line in lines)


def _texts(properties: dict[str, Any], *names: str) -> list[str]:
    """Return the texts of the first property that has any: each property is a list, for entities are merged."""
    for name in names:
        values = properties.get(name)
        texts = [plain(one) for one in values if isinstance(one, str)] if isinstance(values, list) else []
        if texts:
            return texts
    return []


def _first(properties: dict[str, Any], *names: str) -> str:
    return next(iter(_texts(properties, *names)), "")


def _labels(entity: Any, file: str, number: int) -> Iterator[Label | Refused]:  # noqa: ANN401 (JSON is of any type)
    """Yield a label for every key of a wallet."""
    if not isinstance(entity, dict) or entity.get("schema") != "CryptoWallet":
        yield Refused(file, number, "schema", "It is no CryptoWallet.")
        return
    properties = entity.get("properties")
    if not isinstance(properties, dict):
        yield Refused(file, number, "properties", "The wallet has no properties.")
        return
    network, currency = _first(properties, "blockchain"), _first(properties, "currency", "currencySymbol")
    for text in _texts(properties, "publicKey", "cryptoAddress", "accountId") or [""]:
        chain = chain_of_list(network, currency, text)
        try:
            address = "" if chain is None else address_of_list(chain, text)
        except AddressError:
            address = ""
        if chain is None or not address:
            yield Refused(file, number, "publicKey", f"{text[:80]!r} has the form of no chain we know.")
            continue
        yield _label(properties, chain, address)


def _label(properties: dict[str, Any], chain: ChainId, address: str) -> Label:
    # Older files carry a misspelling that stood for years.
    exchange = _first(properties, "managingExchange", "mangingExchange")
    topics = list(dict.fromkeys(_texts(properties, "topics")))
    decisive = next((topic for topic in topics if topic in _TOPICS), "")
    left = ", ".join(topic for topic in topics if topic != decisive)
    name = _first(properties, "name") or address
    return Label(
        chain=chain,
        address=address,
        label=f"{name} [{left}]" if left else name,
        category=_TOPICS[decisive] if decisive else "exchange" if exchange else "unknown",
        entity=exchange or _first(properties, "holder"),
        publisher=_first(properties, "publisher") or "FollowTheMoney",
        source_url=_first(properties, "sourceUrl"),
        rank="A5",
        role="",
        confidence="unknown",
    )
