"""FollowTheMoney wallets: one JSON object a line, schema ``CryptoWallet``, all values lists (FORMATS 7)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tracer.attribution.importers.imported import Imported, Refused, chain_by_form
from tracer.config.readers import check_document, parse_json
from tracer.config.writers import plain
from tracer.errors import DataFileError, InputError
from tracer.model import ChainId, Label, caip10, parse_address, parse_chain

_TOPICS: Final = {
    "sanction": "sanctions",
    "crime.theft": "theft",
    "crime.fraud": "scam",
    "asset.frozen": "frozen",
    "crime.cyber": "attacker",
}
_TOPIC_OF: Final = {category: topic for topic, category in _TOPICS.items()}


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
        one = _label(parse_json(line, f"{path.name}, line {number}"), path.name, number)
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


def _first(properties: dict[str, Any], *names: str) -> str:
    for name in names:
        values = properties.get(name)
        if isinstance(values, list) and values and isinstance(values[0], str):
            return plain(values[0])
    return ""


def _label(entity: Any, file: str, number: int) -> Label | Refused:  # noqa: ANN401 (JSON is of any type)
    if not isinstance(entity, dict) or entity.get("schema") != "CryptoWallet":
        return Refused(file, number, "schema", "It is no CryptoWallet.")
    properties = entity.get("properties")
    if not isinstance(properties, dict):
        return Refused(file, number, "properties", "The wallet has no properties.")
    text = _first(properties, "publicKey", "cryptoAddress", "accountId")
    chain = _chain(_first(properties, "blockchain"), text)
    if chain is None:
        return Refused(file, number, "publicKey", f"{text[:80]!r} has the form of no chain we know.")
    # Older files carry a misspelling that stood for years.
    exchange = _first(properties, "managingExchange", "mangingExchange")
    given = properties.get("topics")
    topics = [topic for topic in given if isinstance(topic, str)] if isinstance(given, list) else []
    category = next((_TOPICS[topic] for topic in topics if topic in _TOPICS), "exchange" if exchange else "unknown")
    return Label(
        chain,
        parse_address(chain, text),
        _first(properties, "name") or text,
        category,
        exchange or _first(properties, "holder"),
        _first(properties, "publisher") or "FollowTheMoney",
        _first(properties, "sourceUrl"),
        "A5",
        "",
        "unknown",
    )


def _chain(claimed: str, text: str) -> ChainId | None:
    try:
        return chain_by_form(text, parse_chain(claimed) if claimed else None)
    except InputError:
        return chain_by_form(text)
