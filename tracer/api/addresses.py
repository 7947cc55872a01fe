"""Many addresses of a trace at once: which places are meant, and one table that answers each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from tracer import __version__
from tracer.analysis import poisoned, split_chain
from tracer.api.absent import Absent
from tracer.api.address import list_words
from tracer.errors import AddressError, InputError
from tracer.io import plain
from tracer.model import (
    ABSORBING,
    TRON,
    AssetId,
    ChainId,
    Holder,
    Label,
    caip10,
    chain_by_word,
    chain_of,
    checksum_fails,
    explorer_url,
    hex_form,
    is_solana_form,
    known_form_elsewhere,
    parse_holder,
)
from tracer.registry import holds_at, release_date
from tracer.report import (
    ABSENT,
    ANSWERS,
    CAME,
    EMPTY,
    MAYBE,
    NO_ADDRESS,
    NO_CHAIN,
    NO_LIST,
    NONE,
    ROBBED,
    UNSUPPORTED,
    WRONG_CHECKSUM,
    Asked,
    AskedRow,
    asset_names,
    display_order,
)
from tracer.trace import received_in

if TYPE_CHECKING:
    from tracer.api.trace import Trace
    from tracer.flags import FlagEntry
    from tracer.trace import PreparedCase, Range

MOST: Final = 1_000_000
"""Addresses that are taken at once."""
_SOLANA: Final = "It has the form of an account of Solana, which this case has no rows of."

_PAYERS: Final = 3
"""Payers of a first receipt that are named."""

Spot = tuple[ChainId, str, AssetId]


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
    """Return what a trace says of many addresses; see :meth:`tracer.api.trace.Trace.addresses`."""
    asked = wanted(given)
    found = _Answers(trace, prepared)
    meant = [(one, *found.meant(one)) for one in asked]
    places = {place for _, here, _, _ in meant for place in here}
    ranges = found.ranges(places) if bounds else {}
    options = trace.result.options
    absent = Absent(trace.case.id, found.names, as_of=options.as_of, registry=trace.result.registry)
    outside = absent.answers([one for one, _, answer, _ in meant if answer == ABSENT])
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
            """Return the answer of this place in one asset, or in none."""
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
