"""Links are movements: what goes into a bridge is followed where it comes out, and one audit closes over all chains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracer.analysis import sensitivity
from tracer.model import BITCOIN, AssetId, ChainId, Label, LedgerLeg, Link, LinkEnd, Seed, Transfer
from tracer.registry import LabelIndex
from tracer.taint import reference_kernel
from tracer.trace import POLICIES, CaseData, Options, TraceResult, prepare, run, trace
from tracer.trace.intervals import intervals_of

ETH, OP, POL = ChainId("eip155:1"), ChainId("eip155:10"), ChainId("eip155:137")
USD, USD_OP, USD_POL = (AssetId(f"{chain}/erc20:0x{40 * 'd'}") for chain in (ETH, OP, POL))
THIEF, FRIEND, BRIDGE, OTHER_END, VENUE, USER = (f"0x{digit * 40}" for digit in "123456")
VICTIM = "0x" + 40 * "9"
UNITS = {ETH: USD, OP: USD_OP, POL: USD_POL}


def pay(row: int, time: int, sender: str, recipient: str, amount: int, **parts: object) -> Transfer:
    chain = ChainId(str(parts.pop("chain", ETH)))
    asset = parts.pop("asset", UNITS.get(chain, USD))
    kind = str(parts.pop("kind", "token"))
    return Transfer(
        *(row, chain, time, 0 if chain == BITCOIN else row, time, f"0x{row:064x}", kind),
        *(sender, recipient, asset, amount),  # type: ignore[arg-type]
        **parts,  # type: ignore[arg-type]
    )


def end(row: Transfer, holder: str) -> LinkEnd:
    return LinkEnd(
        chain=row.chain, movements=(), tx=row.tx, time=row.time, holder=holder, asset=row.asset, amount=row.amount
    )


def link(gone: Transfer, come: Transfer, tier: str = "identifier", *, fee: int | None = None, key: str = "7") -> Link:
    return Link(
        kind="bridge",
        protocol="hop",
        source=end(gone, gone.sender),
        destination=end(come, come.recipient),
        tier=tier,
        grade="identified" if tier == "identifier" else "inferred",
        key=key,
        fee=fee,
    )


def labels(*named: tuple[ChainId, str, str]) -> LabelIndex:
    return LabelIndex(
        [
            Label(
                chain=chain,
                address=address,
                label=f"{category} of {chain}",
                category=category,
                entity=category.title(),
                publisher="x",
                source_url="",
            )
            for chain, address, category in named
        ],
        "",
    )


LABELS = labels((ETH, BRIDGE, "bridge"), (OP, OTHER_END, "bridge"), (OP, VENUE, "exchange"), (POL, VENUE, "exchange"))
SEEDS = (Seed("tx", f"0x{1:064x}", ETH, USD, None, "theft", VICTIM),)


def case(
    rows: Sequence[Transfer | LedgerLeg], *links: Link, seeds: Sequence[Seed] = SEEDS, complete: bool = True
) -> CaseData:
    return CaseData("own", "own", tuple(rows), tuple(seeds), LABELS, links=links, complete=complete)


def plain_case() -> tuple[list[Transfer], Link]:
    """Return a theft of 100 that goes over a bridge with 20 of the thief's own, and 118 come out and go to a venue."""
    rows = [
        pay(1, 10, VICTIM, THIEF, 100),
        pay(2, 20, USER, THIEF, 20),
        pay(3, 30, THIEF, BRIDGE, 120),
        pay(4, 40, OTHER_END, FRIEND, 118, chain=OP),
        pay(5, 50, FRIEND, VENUE, 118, chain=OP),
        pay(6, 60, OTHER_END, USER, 999, chain=OP),
    ]
    return rows, link(rows[2], rows[3], fee=2)


def ends(result: TraceResult) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for leaf in result.exits:
        before = found.get((leaf.stop_reason, leaf.address), (0, 0))
        found[leaf.stop_reason, leaf.address] = (before[0] + leaf.tainted, before[1] + leaf.origin_amount)
    return found


def test_without_a_link_the_bridge_is_an_exit() -> None:
    rows, _ = plain_case()
    result = trace(case(rows), Options())
    assert ends(result) == {("bridge", BRIDGE): (100, 100)}
    assert result.audit.closed


def test_an_identified_link_is_an_ordinary_movement_with_its_grade() -> None:
    rows, over = plain_case()
    result = trace(case(rows, over), Options())
    assert ends(result) == {("service", VENUE): (100, 100)}, "the fee is of the thief's own: first in, first out"
    assert result.audit.closed
    (leaf,) = result.exits
    assert (leaf.chain, leaf.asset, dict(leaf.by_grade)) == (OP, USD_OP, {"identified": 100})
    said = [(m.tx[-1], m.tainted, m.grade, m.link) for m in result.movements if m.tainted]
    assert said == [
        *(("1", 100, "recorded", ""), ("3", 100, "recorded", "hop:7"), ("4", 100, "identified", "hop:7")),
        ("5", 100, "recorded", ""),
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_fee_is_an_exit_of_its_own_under_every_rule_and_the_audit_closes(policy: str) -> None:
    rows, over = plain_case()
    result = run(prepare(case(rows, over), Options()), policy)
    assert result.audit.closed
    got = ends(result)
    assert sum(origin for _, origin in got.values()) == 100
    fee = got.get(("fee", BRIDGE), (0, 0))
    assert fee[0] == {"fifo": 0, "lifo": 2, "haircut": 2}.get(policy, fee[0])
    slow = run(prepare(case(rows, over), Options()), policy, kernel=reference_kernel)
    assert slow.exits == result.exits


def test_a_fee_is_as_sure_as_the_link_that_says_so() -> None:
    rows, over = plain_case()
    guess = replace(over, tier="structured", grade="inferred", key="")
    for one, grade in ((over, "identified"), (guess, "inferred")):
        result = run(prepare(case(rows, one), Options(follow="inferred")), "lifo")
        (fee,) = [leaf for leaf in result.exits if leaf.stop_reason == "fee"]
        assert (dict(fee.by_grade), fee.label is not None and fee.label.entity) == ({grade: 2}, "Bridge")


def test_follow_none_and_a_weaker_link_stop_at_the_bridge() -> None:
    rows, over = plain_case()
    guess = replace(over, tier="structured", grade="inferred", key="")
    lead = replace(guess, tier="amount_time")
    stops = {("bridge", BRIDGE): (100, 100)}
    goes = {("service", VENUE): (100, 100)}
    assert ends(trace(case(rows, over), Options(follow="none"))) == stops
    assert ends(trace(case(rows, guess), Options())) == stops
    assert ends(trace(case(rows, guess), Options(follow="inferred"))) == goes
    assert ends(trace(case(rows, lead), Options(follow="inferred"))) == stops
    assert ends(trace(case(rows, lead), Options(follow="inferred", follow_leads=True))) == goes
    assert ends(trace(case(rows, over), Options(grade="recorded"))) == stops
    assert ends(trace(case(rows, replace(over, rivals=1, destination=None)), Options(follow="inferred"))) == stops


def test_origin_amounts_travel_unscaled_where_decimals_differ() -> None:
    rows = [
        pay(1, 10, VICTIM, THIEF, 100),
        pay(2, 30, THIEF, BRIDGE, 100),
        pay(3, 40, OTHER_END, FRIEND, 99 * 10**12 + 5, chain=OP),
    ]
    result = trace(case(rows, link(rows[1], rows[2])), Options())
    assert ends(result) == {("at_rest", FRIEND): (99 * 10**12 + 5, 100)}
    assert result.audit.closed


def test_two_bridges_in_a_row_are_one_trace() -> None:
    rows = [
        pay(1, 10, VICTIM, THIEF, 100),
        pay(2, 20, THIEF, BRIDGE, 100),
        pay(3, 30, OTHER_END, FRIEND, 99, chain=OP),
        pay(4, 40, FRIEND, OTHER_END, 99, chain=OP),
        pay(5, 50, BRIDGE, USER, 95, chain=POL),
        pay(6, 60, USER, VENUE, 95, chain=POL),
    ]
    over = (link(rows[1], rows[2], fee=1, key="1"), link(rows[3], rows[4], fee=4, key="2"))
    result = trace(case(rows, *over), Options())
    assert ends(result) == {("service", VENUE): (95, 95), ("fee", BRIDGE): (1, 1), ("fee", OTHER_END): (4, 4)}
    assert result.audit.closed


def test_burned_here_and_made_there() -> None:
    rows = [
        pay(1, 10, VICTIM, THIEF, 100),
        pay(2, 20, THIEF, "", 100, kind="burn"),
        pay(3, 30, "", FRIEND, 100, chain=OP, kind="mint"),
    ]
    result = trace(case(rows, link(rows[1], rows[2], fee=0)), Options())
    assert ends(result) == {("at_rest", FRIEND): (100, 100)}
    assert ends(trace(case(rows), Options())) == {("burned", ""): (100, 100)}


def test_the_intervals_close_over_an_identified_link_and_not_over_a_guess() -> None:
    rows, over = plain_case()

    def at_the_venue(over: Link, options: Options) -> tuple[int, int, str]:
        found = intervals_of(prepare(case(rows, over), options)).by_party
        (one,) = (one for (party, _), one in found.items() if party.entity == "Exchange")
        return one.min, one.max, one.certainty

    assert at_the_venue(over, Options()) == (98, 100, "PARTIAL")
    guess = replace(over, tier="structured", grade="inferred", key="")
    assert at_the_venue(guess, Options(follow="inferred")) == (98, 100, "CONDITIONAL")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"amount": 117}, "no row"),
        ({"holder": USER}, "no row"),
        ({"tx": "0xelse"}, "no row"),
    ],
)
def test_a_link_that_fits_no_row_is_not_followed_and_named(change: dict[str, object], says: str) -> None:
    rows, over = plain_case()
    assert over.destination is not None
    wrong = replace(over, destination=replace(over.destination, **change))  # type: ignore[arg-type]
    result = trace(case(rows, wrong), Options())
    assert ends(result) == {("bridge", BRIDGE): (100, 100)}
    assert [note for note in result.coverage.notes if "hop:7" in note and says in note]


def test_two_links_of_one_payout_are_both_left_out() -> None:
    rows, over = plain_case()
    rows.append(pay(7, 35, USER, BRIDGE, 120))
    again = link(rows[6], rows[3], key="8")
    result = trace(case(rows, over, again), Options())
    assert ends(result) == {("bridge", BRIDGE): (100, 100)}
    assert sum("another link has the same row" in note for note in result.coverage.notes) == 2


def test_a_payout_before_its_payment_within_the_clocks_comes_after_it() -> None:
    early = pay(4, 30 - 10, OTHER_END, "bc1qfriend", 100, chain=BITCOIN, asset=AssetId(f"{BITCOIN}/slip44:0"))
    legs = [
        LedgerLeg(10, "b", "debit", "vault:0", "vault", early.asset, 100, BITCOIN, 20, 7_220, early.tx, ""),
        LedgerLeg(11, "b", "credit", f"{early.tx}:0", "bc1qfriend", early.asset, 100, BITCOIN, 20, 7_220, early.tx, ""),
    ]
    rows = [pay(1, 10, VICTIM, THIEF, 100), pay(2, 7_230, THIEF, BRIDGE, 100), *legs]
    gone = rows[1]
    assert isinstance(gone, Transfer)
    over = link(gone, replace(early, time=7_220, recipient="bc1qfriend"))
    result = trace(case(rows, over), Options())
    assert {(leaf.chain, leaf.address, leaf.tainted) for leaf in result.exits} == {(BITCOIN, "bc1qfriend", 100)}
    assert [note for note in result.coverage.notes if "each chain keeps its order" in note]
    rows, over = plain_case()
    rows[3] = replace(rows[3], time=29, block=29)
    late = trace(case(rows, link(rows[2], rows[3])), Options())
    assert ends(late) == {("bridge", BRIDGE): (100, 100)}
    assert [note for note in late.coverage.notes if "clocks of both chains" in note]


def test_sensitivity_leaves_links_out_one_by_one() -> None:
    rows, over = plain_case()
    prepared = prepare(case(rows, over), Options())
    moved = sensitivity(prepared, run(prepared, "fifo"))
    dropped = {(one.dropped.kind, one.dropped.what) for one in moved}
    assert ("link", "hop:7") in dropped
    (lost,) = [one for one in moved if one.dropped.kind == "link" and one.figure.name == "Exchange"]
    assert (lost.before, lost.after) == (100, 0)


@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(0, 6), st.booleans()), min_size=1, max_size=6),
    st.sampled_from(POLICIES),
)
def test_whatever_goes_over_bridges_the_audit_closes(hops: list[tuple[int, int, bool]], policy: str) -> None:
    rows = [pay(1, 1, VICTIM, THIEF, 100), pay(2, 2, USER, THIEF, 50)]
    links = []
    for number, (amount, fee, known) in enumerate(hops):
        row = len(rows) + 1
        gone = pay(row, 10 + 10 * number, THIEF, BRIDGE, amount)
        come = pay(row + 1, 15 + 10 * number, OTHER_END, FRIEND, max(1, amount - fee), chain=OP)
        rows += [gone, come]
        if known:
            links.append(link(gone, come, fee=amount - come.amount, key=str(number)))
    result = run(prepare(case(rows, *links, complete=False), Options()), policy)
    assert result.audit.closed
    assert sum(leaf.origin_amount for leaf in result.exits) == 100
