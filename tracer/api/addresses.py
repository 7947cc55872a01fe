"""Many addresses of a trace at once: read from words, a file or a frame, and answered in one table."""

from __future__ import annotations

import csv
import io
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.analysis import poisoned, split_chain
from tracer.api.address import list_words
from tracer.errors import AddressError, DataFileError, InputError
from tracer.io import plain
from tracer.model import (
    ABSORBING,
    TRON,
    AssetId,
    ChainId,
    Holder,
    Label,
    Statement,
    caip10,
    chain_by_word,
    chain_of,
    checksum_fails,
    explorer_url,
    hex_form,
    is_solana_form,
    known_form_elsewhere,
    parse_address,
    parse_holder,
)
from tracer.registry import SAME_KEY, all_statements, holds_at, in_force, release_date, same_key
from tracer.report import (
    ABSENT,
    ANSWERS,
    CAME,
    EMPTY,
    MAYBE,
    NAMED,
    NO_ADDRESS,
    NO_CHAIN,
    NO_LIST,
    NONE,
    ROBBED,
    SAME_KEY_NAMED,
    SANCTIONED,
    UNSUPPORTED,
    WRONG_CHECKSUM,
    Asked,
    AskedRow,
    asset_names,
    display_order,
)
from tracer.trace import received_in

if TYPE_CHECKING:
    from tracer.api.case import Trace
    from tracer.flags import FlagEntry
    from tracer.trace import PreparedCase, Range

MOST: Final = 1_000_000
"""Addresses that are taken at once."""
_LOOKED_AT: Final = 1_000
"""Rows by which a column of addresses is known."""
_MAX_BYTES: Final = 1 << 27
_COLUMN: Final = "address"
_CHAINS: Final = ("chain", "network", "blockchain", "netz", "netzwerk", "réseau")
"""Columns that say on which chain an address is; the first of these that a table has counts."""
_SOLANA: Final = "It has the form of an account of Solana, which this case has no rows of."

_PAYERS: Final = 3
"""Payers of a first receipt that are named."""
_END: Final = 4
_ALIKE: Final = 10
"""Characters alike, from both ends together, of addresses that one takes for each other."""

Spot = tuple[ChainId, str, AssetId]


def read_addresses(path: Path, column: str = "", told: Callable[[str], None] | None = None) -> list[Asked]:
    """Return the addresses of a file: a column ``address``, or one a line; ``chain`` or ``network`` says where.

    Without a column of that name it is the one whose cells are addresses, if there is one alone.

    Parameters
    ----------
    path : path
        CSV with commas, semicolons or tabs, or plain text.
    column : str, optional
        The column with the addresses, where it is not called ``address``; letter case does not matter.
    told : callable, optional
        Told which column was taken, where nobody named it.

    Raises
    ------
    DataFileError
        If there is no such file, it is no text, too large or empty, or its header has no such column.
    """
    if not path.is_file():
        raise DataFileError(f"There is no file {plain(str(path))!r}.", next_step="Check the path.")
    if path.stat().st_size > _MAX_BYTES:
        raise DataFileError(f"{path.name} is larger than {_MAX_BYTES >> 20} MiB.", next_step="Split it.")
    text = _text_of(path, told)
    written = [line for line in text.split("\n") if line.strip()]
    first = next((line for line in written if not line.startswith("#")), text)
    mark = _mark_of(first)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=mark)]
    except csv.Error as cause:
        raise DataFileError(f"{path.name} is no table: {cause}.", next_step="Write one address a line.") from cause
    # A mark opens a comment where it stands before everything, or alone: a customer's number may begin with it.
    wanted = column.strip().casefold() or _COLUMN
    rows = [row for row in rows if any(row) and not (row[0].startswith("#") and not any(row[1:]))]
    while rows and rows[0][0].startswith("#") and wanted not in [cell.casefold() for cell in rows[0]]:
        del rows[0]
    if not rows:
        raise DataFileError(f"{path.name} holds no address.", next_step="Write one address a line.")
    header = [cell.casefold() for cell in rows[0]]
    if wanted in header:
        return list(_in_columns(rows, header.index(wanted)))
    places = [] if column else _columns_of_addresses(rows)
    if len(places) == 1:
        (place,) = places
        if told is not None:
            told(f"The addresses of {path.name} are in its column {plain(rows[0][place])[:60]!r}.")
        return list(_in_columns(rows, place))
    if len(header) > 1 or column:
        raise DataFileError(
            f"{path.name} has no column {wanted!r}.",
            why=f"Several have addresses: {', '.join(repr(plain(rows[0][one])[:60]) for one in places)}."
            if places
            else f"Its first line is: {plain(first.strip())[:200]}",
            next_step="Name the column that has the addresses: --column "
            f"{shlex.quote(plain(rows[0][places[0]])[:60]) if places else repr('Deposit Address')}"
            f"{', and ask again for the next' if places else ', say'}.",
        )
    return [Asked(row[0]) for row in rows if not row[0].startswith("#")]


def _mark_of(line: str) -> str:
    """Return what stands between the cells of a line."""
    return next((mark for mark in (",", ";", "\t") if mark in line), ",")


def in_form_of(path: Path, text: str) -> bytes:
    """Return a table in the form of the asker's: what opens in his spreadsheet program opens there again.

    Parameters
    ----------
    path : path
        The file of addresses that was read.
    text : str
        The answer, with commas.
    """
    asked = _text_of(path, None)
    mark = _mark_of(next((line for line in asked.split("\n") if line.strip() and not line.startswith("#")), ""))
    data = path.read_bytes()
    marked = data.startswith(b"\xef\xbb\xbf") or data.decode("utf-8", "replace") != asked
    if mark != ",":
        out = io.StringIO(newline="")
        csv.writer(out, delimiter=mark, lineterminator="\n").writerows(csv.reader(io.StringIO(text)))
        text = out.getvalue()
    return text.encode("utf-8-sig" if marked else "utf-8")


def _text_of(path: Path, told: Callable[[str], None] | None) -> str:
    """Return a file's text: UTF-8, or what a spreadsheet program of Windows writes as 'CSV', said to `told`."""
    data = path.read_bytes()
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataFileError(f"{path.name} is a spreadsheet.", next_step="Save it as 'CSV UTF-8' and give that.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        fault = cause
    try:
        text = data.decode("cp1252") if b"\0" not in data else None
    except UnicodeDecodeError:
        text = None
    if text is None:
        raise DataFileError(
            f"{path.name}: byte {fault.start} is not UTF-8.", next_step="Save it as 'CSV UTF-8', or as plain text."
        ) from fault
    if told is not None:
        told(
            f"{path.name} is not UTF-8 and was read as Windows-1252: no address depends on it, but a name in another "
            "column may look otherwise."
        )
    return text


def _columns_of_addresses(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the places of the columns under whose names addresses stand.

    Most of their cells must have the form of an address, whatever their checksums, and their names must not.
    """
    found = []
    for place in range(len(rows[0]) if len(rows) > 1 else 0):
        cells = [row[place] for row in rows[1:_LOOKED_AT] if place < len(row) and row[place]]
        if cells and not _like_address(rows[0][place]) and 2 * sum(map(_like_address, cells)) > len(cells):
            found.append(place)
    return found


def _like_address(text: str) -> bool:
    rest = text.rpartition(":")[2]
    return bool(hex_form(rest.lower()) or known_form_elsewhere(rest) or is_solana_form(rest))


def _in_columns(rows: Sequence[Sequence[str]], place: int) -> Iterator[Asked]:
    """Yield the addresses of a table with a header, each with the other cells of its row."""
    header = [cell.casefold() for cell in rows[0]]
    on = next((header.index(name) for name in _CHAINS if name in header), None)
    names = _column_names(rows[0])
    for row in rows[1:]:
        cells = [*row, *[""] * (len(names) - len(row))]
        if any(cells):  # a row whose cell is empty is answered too: no customer goes missing
            besides = tuple(
                (name, cell) for n, (name, cell) in enumerate(zip(names, cells, strict=False)) if n != place
            )
            yield Asked(cells[place], "" if on is None else cells[on], besides)


def _column_names(header: Sequence[str]) -> list[str]:
    """Return names for the columns of a table of the asker's own: all different, and none of an answer's."""
    names: list[str] = []
    for number, cell in enumerate(header, 1):
        name = " ".join(plain(cell).replace(";", " ").split()) or f"column {number}"
        # A column of the answer keeps its name, and no header can be read as a formula.
        name = f"asked_{name}" if name.casefold() in AskedRow.columns() or not name[0].isalnum() else name
        names.append(name if name not in names else f"{name} {number}")
    return names


def wanted(given: Iterable[str | Asked]) -> list[Asked]:
    """Return what is asked about, each once.

    Raises
    ------
    InputError
        If that is nothing, or too much.
    """
    each = (one if isinstance(one, Asked) else Asked(str(one).strip()) for one in given)
    asked = list(dict.fromkeys(one for one in each if one.text or any(cell for _, cell in one.besides)))
    if not any(one.text for one in asked):
        raise InputError("No address is given.", next_step="Give addresses, or a file with one a line.")
    if len(asked) > MOST:
        raise InputError(f"{len(asked):,} addresses are more than {MOST:,}.", next_step="Ask in several parts.")
    return asked


def asked_rows(
    trace: Trace, prepared: PreparedCase, given: Iterable[str | Asked], *, bounds: bool = False
) -> tuple[AskedRow, ...]:
    """Return what a trace says of many addresses; see :meth:`tracer.api.case.Trace.addresses`."""
    asked = wanted(given)
    found = _Answers(trace, prepared)
    meant = [(one, *found.meant(one)) for one in asked]
    places = {place for _, here, _, _ in meant for place in here}
    ranges = found.ranges(places) if bounds else {}
    outside = found.outside([one for one, _, answer, _ in meant if answer == ABSENT])
    rows = [
        row
        for one, here, answer, why in meant
        for row in (
            [row for place in here for row in found.rows_at(one, place, ranges)]
            if here
            else [
                AskedRow(
                    asked=one.text,
                    besides=one.besides,
                    **({"answer": answer, "why": why} | outside.get(one, {}) | found.made),
                )
            ]
        )
    ]
    return in_order(rows)


def in_order(rows: Sequence[AskedRow]) -> tuple[AskedRow, ...]:
    """Return answers in the order of a table: by answer, then by asset, the largest receipt first."""
    rank = {asset: place for place, asset in enumerate(display_order({AssetId(row.asset) for row in rows}))}
    return tuple(
        sorted(
            rows,
            key=lambda row: (
                *(ANSWERS.index(row.answer), rank[AssetId(row.asset)], -(row.came or 0)),
                *(row.address, row.case),
            ),
        )
    )


def _some(senders: Sequence[str]) -> tuple[str, ...]:
    """Return who paid, the first few and how many more."""
    each = tuple(dict.fromkeys(filter(None, senders)))
    return each if len(each) <= _PAYERS else (*each[:_PAYERS], f"and {len(each) - _PAYERS} more")


def _outside(said: Sequence[Statement]) -> dict[str, Any]:
    """Return what the registry says of an address that the case has no row of, as columns of an answer."""
    first = next((one for one in said if one.property == "sanction"), said[0])
    values = {one.property: one.value for one in reversed(said)}
    name = values.get("entity") or values.get("label") or first.value
    sanctioned = first.property == "sanction"
    who = plain(first.source.publisher)
    words = plain(f"{first.value} ({first.note})" if sanctioned and first.note else first.value if sanctioned else name)
    return {
        "answer": SANCTIONED if sanctioned else NAMED,
        "chain": first.chain,
        "address": first.address,
        "entity": name,
        "category": values.get("category", "sanctioned" if sanctioned else ""),
        "listed": f"named by {who}",
        "why": f"Named by {who}, on {chain_of(first.chain).name}, outside of this case: {words}",
        "rank": first.source.rank,
        "evidence_url": first.source.url,
    }


def _both_ends(text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    body = text.removeprefix("0x")
    return ("begins", body[:_END]), ("ends", body[-_END:])


def _alike(one: str, other: str) -> bool:
    """Return whether two addresses of one length agree so far from both ends that one can be taken for the other."""
    if len(one) != len(other):
        return False
    body, text = one.removeprefix("0x"), other.removeprefix("0x")
    pairs = list(zip(body, text, strict=True))
    same = [sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], way)) for way in (pairs, reversed(pairs))]
    return sum(same) >= _ALIKE


class _Answers:
    """What there is to say of any address of a trace, gathered once."""

    def __init__(self, trace: Trace, prepared: PreparedCase) -> None:
        self.trace, self.prepared, self.result = trace, prepared, trace.result
        self.names = trace.case.names
        self.chains = sorted({chain for chain, _ in self.names})
        self.came: dict[Holder, dict[AssetId, int]] = defaultdict(lambda: defaultdict(int))
        self.times: dict[Spot, list[int]] = defaultdict(list)
        self.first: dict[Spot, tuple[str, tuple[str, ...]]] = {}
        self.made: dict[str, Any] = {
            "labels_known": self.result.options.as_of or release_date(),
            "version": __version__,
        }
        for payment in self.result.payments:
            for (address, asset), shares in received_in(payment, passing=True).items():
                self.came[payment.chain, address][asset] += sum(share.tainted for share in shares)
                spot = (payment.chain, address, asset)
                if payment.time is not None:
                    self.times[spot].append(payment.time)
                if payment.tx:
                    self.first.setdefault(spot, (payment.tx, _some(payment.senders)))
        self.left: dict[Holder, dict[AssetId, int]] = defaultdict(lambda: defaultdict(int))
        self.ends: dict[Spot, list[Label]] = defaultdict(list)
        for leaf in self.result.exits:
            self.left[leaf.chain, leaf.address][leaf.asset] += leaf.there
            if leaf.label is not None and leaf.tainted:
                self.ends[leaf.chain, leaf.address, leaf.asset].append(leaf.label)
        self.can: dict[Holder, set[AssetId]] = defaultdict(set)
        for account in poisoned(prepared, beyond_limits=True):
            self.can[account.chain, prepared.stops.address_of(account.chain, account.holder)].add(account.asset)
        self._ends: dict[tuple[str, str], list[str]] | None = None
        self.no_list = ""
        self.kept_off: dict[str, str] = {}
        self.listed: dict[str, dict[str, tuple[str, FlagEntry]]] = defaultdict(dict)
        self._read_list()

    def _read_list(self) -> None:
        """Gather where the draft list has each account, asset by asset; a flag goes before a lead."""
        flags = self.trace.flags()
        self.no_list = flags.no_list
        self.kept_off = {row.caip10: row.reason for row in flags.kept_off}
        for where, entries in (("lead", flags.leads), ("flagged", flags.entries)):
            for entry in entries:
                self.listed[entry.caip10][entry.asset] = (where, entry)

    def meant(self, one: Asked) -> tuple[list[Holder], str, str]:
        """Return the places of the case that are meant; where there are none, the answer, and why it is that."""
        if not one.text:
            return [], EMPTY, "The cell is empty."
        try:
            on, rest = split_chain(one.text)
            on = on or (chain_by_word(one.chain) if one.chain else None)
        except InputError:
            if is_solana_form(one.text):
                return [], UNSUPPORTED, _SOLANA
            said = f"{plain(one.chain or one.text)[:40]!r} names no chain that is known: write eip155:1, ETH, BSC"
            return (
                [],
                NO_CHAIN,
                f"{said} or the like, or leave it empty to ask on every chain.",
            )
        if on == TRON and rest.startswith("0x"):
            low = hex_form(rest.lower())
            return [], NO_ADDRESS, f"It is no address of Tron: those begin with T. {self._where(low)}".strip()
        found: set[Holder] = {(chain, rest) for chain in self.chains if on in (None, chain)} & self.names
        fits, refused = bool(found), ""
        for chain in self.chains if on is None else [on]:
            try:
                found |= {(chain, parse_holder(chain, rest))} & self.names
                fits = True
            except AddressError as cause:
                refused = f"{cause.what} {cause.why}" if on is not None else ""
        if found:
            return sorted(found), "", ""
        if checksum_fails(rest):
            return [], WRONG_CHECKSUM, self._why_checksum(rest, on)
        if fits or (on is None and (hex_form(rest) or known_form_elsewhere(rest))):
            return [], ABSENT, ""
        if on is None and is_solana_form(rest):
            return [], UNSUPPORTED, _SOLANA
        bare = hex_form(f"0x{rest.lower()}")
        return [], NO_ADDRESS, f"It lacks 0x. {self._where(bare)}".strip() if bare else refused

    def _where(self, low: str) -> str:
        """Return on which chain of the case an address in small letters is; empty where it is on none."""
        there = sorted(chain for chain, name in self.names if name == low)
        return f"{low} is an address of {self.trace.case.id}, on {chain_of(there[0]).name}." if there else ""

    def outside(self, absent: Sequence[Asked]) -> dict[Asked, dict[str, Any]]:
        """Return what there is to say of the absent: the registry's word, of the same key elsewhere, or a look-alike's.

        The registry's statements are those in force on the day used; the strongest rank counts.
        """
        day = self.result.options.as_of or release_date()
        said: dict[str, list[Statement]] = defaultdict(list)
        for one in all_statements() if self.result.registry and absent else ():
            if in_force(one, day):
                said[one.address].append(one)
        found: dict[Asked, dict[str, Any]] = {}
        for asked in absent:
            on, rest = split_chain(asked.text)
            on = on or (chain_by_word(asked.chain) if asked.chain else None)
            name = hex_form(rest) if rest.startswith("0x") else rest
            mine = sorted(
                (one for one in said.get(name, []) if on in (None, one.chain)), key=lambda one: one.source.rank
            )
            if mine:
                found[asked] = _outside([one for one in mine if one.chain == mine[0].chain])
            elif hint := self._same_key(on, rest, said):
                found[asked] = {"answer": SAME_KEY_NAMED} | hint
            elif alike := self._look_alike(name):
                found[asked] = {"why": f"Did you mean {alike}, an address of {self.trace.case.id}? It looks like it."}
        return found

    def _same_key(self, on: ChainId | None, text: str, said: Mapping[str, Sequence[Statement]]) -> dict[str, Any]:
        """Return what is said of the key of an address on other chains: a hint, never a label of the address."""
        key = hex_form(text)
        if not key:
            return {}
        there = sorted(chain for chain, name in self.names if name == key and chain != on)
        forms = [key, parse_address(TRON, key)]
        held = [one for form in forms for one in said.get(form, ()) if one.chain != on]
        elsewhere = same_key(caip10(on, text) if on else text, as_of=self.result.options.as_of) if held else ()
        mine = [one for one, meaning in elsewhere if meaning == SAME_KEY]
        if mine:
            first = next((one for one in mine if one.property == "sanction"), mine[0])
            return {
                "why": f"A hint, no label: {chain_of(first.chain).name} {first.address}, the same key, is named by "
                f"{plain(first.source.publisher)}: {plain(first.value)}",
                "rank": first.source.rank,
                "evidence_url": first.source.url,
            }
        if there and not held:
            where = f"{chain_of(there[0]).name}, in {self.trace.case.id}"
            return {"why": f"A hint, no label: the same address is in rows on {where}. Was that chain meant?"}
        return {}

    def _look_alike(self, text: str) -> str:
        """Return an address of the case that begins and ends as a text does, which is none of it."""
        if self._ends is None:
            self._ends = defaultdict(list)
            for _, name in sorted(self.names):
                for end in _both_ends(name):
                    self._ends[end].append(name)
        near = dict.fromkeys(name for end in _both_ends(text) for name in self._ends.get(end, ()))
        return next((name for name in near if _alike(name, text)), "")

    def _why_checksum(self, text: str, on: ChainId | None) -> str:
        """Return what is wrong with the letters of an address, and what they may have meant."""
        low = text.lower()
        if not hex_form(low):
            return "Its checksum fails: a letter was probably retyped."
        there = [chain for chain, name in sorted(self.names) if name == low and on in (None, chain)]
        case = self.trace.case.id
        where = f"an address of {case}, on {chain_of(there[0]).name}" if there else "in no row of the case"
        return f"The EIP-55 checksum fails: a letter or its case was changed. All in small letters it is {where}."

    def ranges(self, places: Iterable[Holder]) -> dict[Spot, Range]:
        """Return what any rule can make each place receive."""
        from tracer.trace import received_ranges

        wanted = [(*place, asset) for place in places for asset in {*self.can[place], *self.came[place]}]
        return received_ranges(self.prepared, wanted)

    def rows_at(self, one: Asked, place: Holder, ranges: dict[Spot, Range]) -> list[AskedRow]:
        """Return the rows of one place of the case: one an asset, or one that says why there is none."""
        chain, address = place
        came = {asset: amount for asset, amount in self.came[place].items() if amount}
        left = {asset: amount for asset, amount in self.left[place].items() if amount}
        robbed = place in self.prepared.thefts.victims

        def row(answer: str, asset: AssetId | None = None) -> AskedRow:
            spot = (chain, address, asset or AssetId(""))
            held, times, labels = ranges.get(spot), self.times.get(spot, []), self._labels(place, asset)
            tx, payers = self.first.get(spot, ("", ()))
            standing = self._standing(caip10(chain, address), asset)
            if tx and not standing.get("evidence_url"):
                standing["evidence_url"] = explorer_url(chain, "tx", tx) or ""
            return AskedRow(
                asked=one.text,
                chain=chain,
                address=address,
                answer=answer,
                case=self.trace.case.id,
                entity=", then ".join(dict.fromkeys(label.entity or label.label for label in labels)),
                category=", then ".join(dict.fromkeys(label.category for label in labels)),
                asset=asset or "",
                came=None if asset is None else came.get(asset, 0),
                remains=None if asset is None else left.get(asset, 0),
                min=None if held is None else held.min,
                max=None if held is None else held.max,
                certainty="" if held is None else held.certainty,
                basis="" if held is None else held.basis,
                **standing,
                first_time=min(times, default=None),
                last_time=max(times, default=None),
                first_tx=tx,
                paid_by=" ".join(payers),
                **self.made,
                besides=one.besides,
            )

        can, bounded = set[AssetId](), set[AssetId]()
        for asset in self.can[place]:
            held = ranges.get((*place, asset))
            can |= {asset} if held is None or held.max else set()
            bounded |= {asset} if held is not None and held.max else set()
        if came or left:
            here = sorted({*came, *left})
            return [
                *(row(CAME, asset) for asset in here),
                *(row(MAYBE, one) for one in sorted(bounded.difference(here))),
            ]
        if robbed:
            return [row(ROBBED, asset) for asset in sorted(bounded)] or [row(ROBBED)]
        return [row(MAYBE, asset) for asset in sorted(can)] or [row(NONE)]

    def _labels(self, place: Holder, asset: AssetId | None) -> list[Label]:
        """Return by which labels a place is named, in turn: a service's at a receipt, its exits', the last.

        A label that ended before stolen units came, or began after the data, names nobody who had them.
        """
        chain, address = place
        every = [one for one in self.prepared.inputs.labels.of(chain, address) if one.asset in (None, asset)]
        if not every:
            return []
        spot = (chain, address, asset or AssetId(""))
        served = [one for one in every if one.category in ABSORBING]
        found = [next((one for one in served if holds_at(one, time)), None) for time in sorted({*self.times[spot]})]
        shown = self.prepared.stops.shown(chain, address, asset)
        return list(dict.fromkeys(one for one in (*found, *self.ends[spot], shown) if one is not None))

    def _standing(self, account: str, asset: AssetId | None) -> dict[str, Any]:
        """Return what the draft list says of an account in an asset, as the columns of an answer."""
        entries = self.listed.get(account, {})
        where, entry = entries.get(asset or "", entries.get("", ("", None)))
        if entry is not None:
            return {
                "listed": where,
                "why": list_words(entry),
                "tier": entry.tier,
                "role": entry.role,
                "grade": entry.grade,
                "rank": entry.attribution_rank,
                "confidence": entry.confidence,
                "valid_until": entry.valid_until,
                "evidence_url": entry.evidence_url,
            }
        if account in self.kept_off:
            return {"listed": "kept off", "why": self.kept_off[account]}
        if self.no_list:
            return {"listed": NO_LIST, "why": self.no_list}
        names = asset_names(self.result.assets)
        other = [f"{names.get(AssetId(key), key)}: {said}, {one.tier}" for key, (said, one) in sorted(entries.items())]
        return {"why": f"Listed for {'; '.join(other)}"} if other else {}
