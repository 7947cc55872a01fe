"""What a page on an address says, line by line: the same words for a terminal and for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from tracer.analysis import Counterparty, Flow, Way
from tracer.io import plain
from tracer.model import RANKS, AssetId, Label, chain_of, fate_of, format_time
from tracer.registry import SAME_KEY
from tracer.report.address import AddressPage, RangeLine
from tracer.report.wording import FATE_WORDS, amount_text, count, fate, labels_sentence
from tracer.trace import UNGUARDED

NOT_FOLLOWED: Final = (
    "through its hands inside one transaction, in another order of rows whose order the data leaves open, out of the "
    "hands of somebody taken for a pool, as what came out of an exchange of several assets, or farther than this trace "
    "was told to follow"
)
"""How units can have come to an address that a trace does not reach."""
EARNED: Final = "what is paid as a fee ends there, and who earns it has it as clean money of its own"
"""What is true of whoever earns fees out of stolen units."""
LEVELS: Final = 8
"""Heights that a balance is drawn with in a terminal."""


class Limits(NamedTuple):
    """How many of each sort a page shows before it counts the rest.

    Attributes
    ----------
    labels, assets, parties, ways, lines : int
        Labels, assets that came, counterparties, ways from the theft, lines of the list and hints.
    route : int
        Stations that a way names.
    name : int
        Characters up to which addresses stand whole; longer ones are shortened, look-alikes until they differ.
    """

    labels: int = 3
    assets: int = 3
    parties: int = 8
    ways: int = 3
    lines: int = 3
    route: int = 4
    name: int = 0


SCREEN: Final = Limits()
"""What fits on a screen."""
FILED: Final = Limits(labels=100, assets=100, parties=1_000, ways=100, lines=100, route=50, name=200)
"""What a page has that is kept in a file."""


def head_lines(page: AddressPage) -> list[str]:
    """Return what the address is in this trace: its place, and of which trace this is said."""
    facts, result = page.facts, page.result
    holder = facts.holder
    if holder is None and facts.robbed:
        place = "Robbed: a theft of this case took what it held."
    elif holder is None and facts.can_have:
        place = f"Not reached by this trace, but stolen units can have reached it: {NOT_FOLLOWED}."
    elif holder is None and page.earned_fees:
        place = f"No stolen units can have reached it but as fees: {EARNED}."
    elif holder is None:
        place = "No stolen units can have reached it."
    elif holder.stop_reason:
        label = holder.stop_label
        became = FATE_WORDS[fate_of(holder.stop_reason, *((label.category, label.role) if label else ("", "")))]
        place = f"Following stops here: {became}, {_hops(holder.hop)}."
    else:
        place = "Paid by the theft itself." if holder.is_seed else f"Followed, {_hops(holder.hop)}."
    if holder is not None and holder.first_time is not None:
        place += f" First stolen units {moment(holder.first_time)}."
    case = f"{plain(result.title)} ({plain(result.case_id)}), rule {result.options.policy}"
    lines = [
        f"{chain_of(facts.chain).name} ({facts.chain})",
        place,
        f"{case}, labels known on {labels_sentence(result)}.",
    ]
    return lines if result.registry else [*lines, UNGUARDED]


def _hops(hop: int) -> str:
    return "at the theft" if not hop else f"{count(hop, 'movement')} from a seed"


def label_lines(page: AddressPage, most: Limits = SCREEN) -> list[tuple[str, str]]:
    """Return a sentence and a source for each label shown, then how many there are besides."""
    facts = page.facts
    lines = [(_label(label), plain(label.source_url)) for label in facts.labels[: most.labels]]
    more = len(facts.labels) - most.labels
    if more > 0:
        lines.append((f"and {count(more, 'more label')}", ""))
    if facts.not_yet_known:
        lines.append((f"{count(facts.not_yet_known, 'label')} became known later than that day.", ""))
    return lines or [("Nobody has labelled it in this case or in the registry. That says nothing about it.", "")]


def _label(label: Label) -> str:
    name = plain(label.entity or label.label)
    shown = f"{name} ({plain(label.label)})" if label.label and plain(label.label) != name else name
    rank = f"{label.rank} {RANKS.get(label.rank, '')}".strip().replace("_", " ")
    who = ", ".join(filter(None, (plain(label.publisher), rank)))
    known = f"known since {plain(label.known)}" if label.known else "always known"
    role = f", {plain(label.role)}" if label.role not in ("", label.category) else ""
    return f"{label.category}{role}: {shown}. Says {who or 'the table'}; {_holds(label)}; {known}."


def _holds(label: Label) -> str:
    if label.valid_from and label.valid_until:
        return f"holds from {label.valid_from} to {label.valid_until}"
    if label.valid_from:
        return f"holds from {label.valid_from}"
    return f"holds until {label.valid_until}" if label.valid_until else "holds at all times"


def flow_lines(page: AddressPage, flow: Flow) -> list[tuple[str, str, str]]:
    """Return what came, went and is left of an asset: which, the exact amount, what is stolen of it."""

    def amount(number: int) -> str:
        return ("≈ " if flow.approximate and number else "") + amount_text(page.result, flow.asset, number)

    lines = []
    if flow.opening:
        part = stolen(page, flow.asset, flow.opening_stolen, flow.opening)
        said = f"{part}: a theft had paid it, as a seed says; " if flow.opening_stolen else ""
        lines.append(("before", amount(flow.opening), f"{said}what it must have held before the table begins"))
    if flow.receipts:
        part = stolen(page, flow.asset, flow.received_stolen, flow.received)
        lines.append(("received", amount(flow.received), f"{part}, {count(flow.receipts, 'receipt')}"))
    if flow.payments:
        part = stolen(page, flow.asset, flow.paid_stolen, flow.paid)
        lost = f" (a theft took {amount(flow.taken)} from it)" if flow.taken else ""
        lines.append(("paid", amount(flow.paid), f"{part}{lost}, {count(flow.payments, 'payment')}"))
    ends = ", ".join(dict.fromkeys(FATE_WORDS[fate(leaf)] for leaf in page.facts.exits if leaf.asset == flow.asset))
    kept = stolen(page, flow.asset, flow.held_stolen, flow.balance)
    if flow.held_stolen > flow.balance:
        kept = f"{amount(flow.held_stolen)} stolen came; what it paid on is not followed"
    lines.append(("left", amount(flow.balance), f"{kept}{f': {ends}' if ends else ''}"))
    return lines


def stolen(page: AddressPage, asset: AssetId, part: int, whole: int) -> str:
    """Return how much of an amount is stolen under the rule, exactly."""
    if not part:
        open_yet = page.facts.holder is None and page.facts.can_have
        return "none stolen by this rule" if whole and open_yet else "none stolen" if whole else "nothing"
    return "all stolen" if part == whole else f"{amount_text(page.result, asset, part)} stolen"


def party_cells(page: AddressPage, one: Counterparty) -> tuple[str, str, str, str, str]:
    """Return direction, name, amount, what is stolen of it, and how often and when."""
    days = [format_time(time)[:10] for time in (one.first_time, one.last_time) if time is not None]
    when = " to ".join(dict.fromkeys(days))
    often = f"{one.payments:,}x" if one.payments > 1 else ""
    return (
        "from" if one.direction == "in" else "to",
        plain(one.name),
        amount_text(page.result, one.asset, one.amount),
        stolen(page, one.asset, one.stolen, one.amount),
        " ".join(filter(None, (often, when))),
    )


def balance_line(page: AddressPage, flow: Flow) -> str:
    """Return when the balance of an asset was highest and what it is at the end."""
    mine = [point for point in page.facts.points if point.asset == flow.asset]
    top = max(mine, key=lambda point: point.balance)
    last = mine[-1]
    when = f" on {moment(top.time)}" if top.time is not None else " at the start"
    most = f"most {amount_text(page.result, flow.asset, top.balance)}{when}"
    end = f"{amount_text(page.result, flow.asset, last.balance)}"
    return f"{most}; since {moment(last.time)} {end}" if last.time is not None else f"{most}; at the end {end}"


def samples(page: AddressPage, flow: Flow, number: int) -> list[tuple[int, int]]:
    """Return balance and stolen units at evenly spaced moments; by events where times are not known."""
    mine = [point for point in page.facts.points if point.asset == flow.asset]
    timed = [point.time for point in mine if point.time is not None]
    untimed = sum(point.time is None for point in mine)
    if len(timed) < 2 or timed[0] == timed[-1] or untimed > 1:
        step = max(1, -(-len(mine) // number))
        return [(point.balance, point.stolen) for point in mine[::step]]
    found, place = [], 0
    for sample in range(number):
        until = timed[0] + (timed[-1] - timed[0]) * sample // (number - 1)
        while place + 1 < len(mine) and (mine[place + 1].time or 0) <= until:
            place += 1
        found.append((mine[place].balance, mine[place].stolen))
    return found


def way_lines(page: AddressPage, named: Mapping[str, str], most: Limits = SCREEN) -> list[str]:
    """Return the largest ways from the theft to here, as routes; `named` shortens addresses."""
    if page.path is None or not page.path.found.ways:
        return ["No stolen units came to it under this rule."]
    ways = sorted(page.path.found.ways, key=lambda way: -_worth(way))
    lines = [_way(page, way, named, most.route) for way in ways[: most.ways]]
    more = len(ways) - most.ways
    return [*lines, f"and {count(more, 'more way')}; trace.path_to() has them all"] if more > 0 else lines


def _worth(way: Way) -> int:
    return way.origin_amount


def _way(page: AddressPage, way: Way, named: Mapping[str, str], shown: int) -> str:
    route = _route(way, named)
    if len(route) > shown + 1:
        route = [*route[:2], f"{len(route) - 4} more", *route[-2:]]
    amount = amount_text(page.result, way.account.asset, way.amount)
    theft = f" for {amount_text(page.result, way.origin.asset, way.origin_amount)}"
    swapped = theft if way.account.asset != way.origin.asset else ""
    return f"{amount}{swapped} of {plain(way.origin.name)}, {way.grade}: {' > '.join(map(plain, route))}"


def _route(way: Way, named: Mapping[str, str]) -> list[str]:
    """Return every place of a way once; one that pays itself says whether it converted or got its change."""
    route = [named.get(way.steps[0].sender, way.steps[0].sender)] if way.steps[0].sender else []
    for step in way.steps:
        if step.sender != step.recipient:
            route.append(named.get(step.recipient, step.recipient))
        elif step.kind != "theft":
            route[-1] += " (converts)" if step.kind == "conversion" else " (change)"
    return route


def on_ways(page: AddressPage) -> list[str]:
    """Return every address that a way names."""
    ways = page.path.found.ways if page.path else ()
    return [one for way in ways for step in way.steps for one in (step.sender, step.recipient) if one]


def range_lines(page: AddressPage) -> list[str]:
    """Return what any rule can say, a sentence each."""
    return [_range(page, line) for line in page.ranges]


def _range(page: AddressPage, line: RangeLine) -> str:
    held = line.range
    least, most = (amount_text(page.result, line.asset, number) for number in (held.min, held.max))
    span = f"exactly {least}" if held.min == held.max else f"{least} to {most}"
    rests = f", on {count(held.depends_on, 'open holding')}" if held.depends_on else ""
    basis = f", basis {held.basis}" if held.basis else ""
    of = f"of {plain(line.theft)}" if line.theft else "of all thefts together"
    back = ", each receipt counted," if line.what == "is paid" else ""
    return f"{line.what} {span}{back} {of} ({held.certainty}{rests}{basis})"


def standing_lines(page: AddressPage, most: Limits = SCREEN) -> list[tuple[str, str]]:
    """Return its lines on the draft list or why it is not on it, each with its source."""
    lines = [(plain(one.words), plain(one.source_url)) for one in page.standing[: most.lines]]
    more = len(page.standing) - most.lines
    return [*lines, (f"and {count(more, 'more line')}", "")] if more > 0 else lines


def hint_lines(page: AddressPage, most: Limits = SCREEN) -> list[str]:
    """Return what is said of the same key elsewhere, one line a meaning and place: never said of this address."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for one in page.hints:
        found.setdefault((one["hint"], f"{one['chain']}:{one['address']}"), []).append(one)
    lines = []
    for (meaning, place), mine in sorted(found.items(), key=lambda item: (item[0][0] != SAME_KEY, item[0])):
        said = _distinct(f"{one['property']} {plain(one['value'])} ({plain(one['publisher'])})" for one in mine)
        lines.append(f"{meaning}: {plain(place)}: {'; '.join(said)}")
    more = len(lines) - most.lines
    return [*lines[: most.lines], f"and {more} more; tracer why has them all"] if more > 0 else lines


def _distinct(texts: Iterable[str]) -> Sequence[str]:
    kept = list(dict.fromkeys(texts))
    return kept if len(kept) <= 2 else [*kept[:2], f"{len(kept) - 2} more"]


def moment(time: int | None) -> str:
    """Return a time for people: ``2022-03-23 13:29`` UTC."""
    return format_time(time).replace("T", " ")[:16] if time is not None else ""


def shortened(addresses: Iterable[str], room: int) -> dict[str, str]:
    """Return a form of each address that fits a room, no two alike: look-alikes are lengthened until they differ."""
    names = sorted(set(addresses))
    if all(len(name) <= room for name in names):
        return {name: name for name in names}
    for extra in range(0, 64, 2):
        forms = {name: _short(name, 6 + extra, 4 + extra) for name in names}
        if len(set(forms.values())) == len(names):
            return forms
    return {name: name for name in names}


def _short(name: str, head: int, tail: int) -> str:
    return name if len(name) <= head + tail + 1 else f"{name[:head]}…{name[-tail:]}"
