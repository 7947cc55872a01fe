"""Oracles for bounds: destinations of a plan, what a policy puts there, a linear program, every legal rule of a ledger.

The program and the enumeration are written from the definition of a legal rule, payment by payment, and share nothing
with the network under test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from hypothesis import strategies as st
from random_ledgers import OTHER, World, distinct
from scipy.optimize import linprog
from vectors import CHAIN, UNIT, transfer

from tracer.bounds import Group, Terminal
from tracer.model import Account, Leg, Part, Seed
from tracer.registry import LabelIndex
from tracer.taint import CLEAN, TaintOutcome, TaintProblem, reference_kernel
from tracer.trace import CaseData, Options, prepare


def plan_of(world: World, **options: object) -> TaintProblem:
    """Return the plan of a random world."""
    inputs = CaseData("w", "", world.rows, world.seeds, LabelIndex(world.labels, ""))
    return prepare(inputs, Options(**options)).plan  # type: ignore[arg-type]


def ends_of(plan: TaintProblem, outcome: TaintOutcome) -> dict[Terminal, dict[int, int]]:
    """Return, for every terminal, the stolen units a policy put there, by origin."""
    ends: dict[Terminal, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for flow in outcome.flows:
        if flow.fate not in ("", "held"):
            for lot in (lot for lot in flow.lots if lot.amount):
                end = Terminal(flow.fate, flow.leg.account, flow.leg.address)
                ends[end][plan.labels.origin_index(lot.label)] += lot.amount
    for account, lots in outcome.lots.items():
        for lot in lots:
            if lot.label != CLEAN:
                end = Terminal("held", account, account.holder)
                ends[end][plan.labels.origin_index(lot.label)] += lot.amount
    return ends


def put(plan: TaintProblem, policy: str) -> dict[Terminal, dict[int, int]]:
    """Return what one policy puts at every terminal."""
    return ends_of(plan, reference_kernel(plan, policy))


def _opening(plan: TaintProblem, group: Group) -> tuple[dict[Account, int], dict[Account, int]]:
    balance, stolen = {}, {}
    for account, lots in plan.opening.items():
        balance[account] = sum(lot.amount for lot in lots)
        stolen[account] = sum(
            lot.amount for lot in lots if lot.label != CLEAN and plan.labels.origin_index(lot.label) in group
        )
    return balance, stolen


def _follows(plan: TaintProblem, leg: Leg) -> bool:
    account = leg.account
    return account in plan.tracked and (account.chain, account.holder) not in plan.stopped


def _fate(plan: TaintProblem, key: tuple[int, int, int], leg: Leg) -> str:
    if leg.sink:
        return leg.sink
    if (leg.account.chain, leg.account.holder) in plan.stopped:
        return "stopped"
    return "below_threshold" if key in plan.cut else "held"


class Program:
    """A legal rule as a linear program: one variable a payment, what each account holds is an expression."""

    def __init__(self, plan: TaintProblem, group: Group) -> None:
        self.plan, self.group = plan, set(group)
        self.balance, stolen = _opening(plan, group)
        self.held: dict[Account, dict[int, float]] = {a: {-1: float(s)} for a, s in stolen.items()}
        self.bounds: list[tuple[float, float]] = []
        self.rows: list[dict[int, float]] = []
        self.equal: list[dict[int, float]] = []
        self.ends: dict[Terminal, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for event in plan.events:
            pools = [self._debit(event.index, place, part) for place, part in enumerate(event.parts)]
            for place, (part, pool) in enumerate(zip(event.parts, pools, strict=True)):
                self._credit(event.index, place, part, pool)
        for account, held in self.held.items():
            if _follows(plan, Leg(account, "", 1)):
                self._add(self.ends[Terminal("held", account, account.holder)], held)

    def _variable(self, most: int) -> int:
        self.bounds.append((0.0, float(most)))
        return len(self.bounds) - 1

    @staticmethod
    def _add(into: dict[int, float], other: dict[int, float], times: float = 1.0) -> None:
        for key, value in other.items():
            into[key] = into.get(key, 0.0) + times * value

    def _debit(self, event: int, place: int, part: Part) -> dict[int, float]:
        pool: dict[int, float] = {}
        for rank, leg in enumerate(part.debits):
            origin = self.plan.thefts.get((event, place, rank))
            if origin in self.group:
                pool[-1] = pool.get(-1, 0.0) + leg.amount
            if not _follows(self.plan, leg):
                continue
            x = self._variable(leg.amount)
            held = self.held.setdefault(leg.account, {})
            self._add(held, {x: -1.0})
            self.balance[leg.account] -= leg.amount
            self.rows.append({key: -value for key, value in held.items()})
            above = dict(held)
            above[-1] = above.get(-1, 0.0) - self.balance[leg.account]
            self.rows.append(above)
            if origin is None:
                pool[x] = 1.0
            else:
                self._add(self.ends[Terminal("stolen_again", leg.account, leg.address)], {x: 1.0})
        if part.is_swap:
            given, received = sum(leg.amount for leg in part.debits), sum(leg.amount for leg in part.credits)
            pool = {key: value * received / given for key, value in pool.items()}
        return pool

    def _credit(self, event: int, place: int, part: Part, pool: dict[int, float]) -> None:
        rest = dict(pool)
        for rank, leg in enumerate(part.credits):
            y = self._variable(leg.amount)
            self._add(rest, {y: -1.0})
            arrives = {y: 1.0}
            fate = _fate(self.plan, (event, place, rank), leg)
            if fate == "held" and leg.account in self.plan.tracked:
                self._add(self.held.setdefault(leg.account, {}), arrives)
            elif fate != "held":
                self._add(self.ends[Terminal(fate, leg.account, leg.address)], arrives)
            if fate in {"held", "below_threshold"} and leg.account in self.plan.tracked:
                self.balance[leg.account] = self.balance.get(leg.account, 0) + leg.amount
        self.equal.append(rest)

    def interval(self, ends: frozenset[Terminal]) -> tuple[float, float]:
        """Return [min, max] of a set of terminals."""
        aim: dict[int, float] = {}
        for end in ends:
            self._add(aim, self.ends.get(end, {}))
        constant = aim.pop(-1, 0.0)
        if not self.bounds:
            return constant, constant
        size = len(self.bounds)

        def matrix(rows: list[dict[int, float]]) -> tuple[np.ndarray, np.ndarray]:
            left, right = np.zeros((len(rows), size)), np.zeros(len(rows))
            for at, row in enumerate(rows):
                for key, value in row.items():
                    if key == -1:
                        right[at] = -value
                    else:
                        left[at, key] = value
            return left, right

        objective = np.zeros(size)
        for key, value in aim.items():
            objective[key] = value
        upper, equal = matrix(self.rows), matrix(self.equal)
        found = []
        for sign in (1.0, -1.0):
            answer = linprog(sign * objective, *upper, *equal, bounds=self.bounds, method="highs")
            assert answer.status == 0, answer.message
            found.append(sign * answer.fun + constant)
        return found[0], found[1]


State = tuple[tuple[tuple[Account, int], ...], tuple[tuple[Terminal, int], ...]]


def every_rule(plan: TaintProblem, group: Group) -> set[State]:
    """Return every state (held by account, put at terminals) that some legal rule in whole units ends in.

    Only for ledgers without swaps, one theft's coins never stolen twice, and few units.
    """
    opening, stolen = _opening(plan, group)
    states: set[State] = {(tuple(sorted((a, s) for a, s in stolen.items() if s)), ())}
    balance = dict(opening)
    for event in plan.events:
        pools: set[tuple[State, tuple[int, ...]]] = {(state, ()) for state in states}
        for number, part in enumerate(event.parts):
            pools = {(state, (*before, 0)) for state, before in pools}
            for rank, leg in enumerate(part.debits):
                if plan.thefts.get((event.index, number, rank)) in group:
                    pools = {(state, (*pool[:-1], pool[-1] + leg.amount)) for state, pool in pools}
                if not _follows(plan, leg):
                    continue
                again = (event.index, number, rank) in plan.thefts
                pools = {new for old in pools for new in _paid(old, leg, balance[leg.account], again=again)}
                balance[leg.account] -= leg.amount
        for place, part in enumerate(event.parts):
            sums = {(state, pool[place], pool) for state, pool in pools}
            for rank, leg in enumerate(part.credits):
                later = sum(other.amount for other in part.credits[rank + 1 :])
                sums = {
                    (
                        _given(plan, state, (event.index, place, rank), leg, y),
                        left - y,
                        pool,
                    )
                    for state, left, pool in sums
                    for y in range(max(0, left - later), min(leg.amount, left) + 1)
                }
                if _fate(plan, (event.index, place, rank), leg) in {"held", "below_threshold"}:
                    balance[leg.account] = balance.get(leg.account, 0) + leg.amount
            pools = {(state, pool) for state, _, pool in sums}
        states = {state for state, _ in pools}
    return states


def _paid(
    old: tuple[State, tuple[int, ...]], leg: Leg, balance: int, *, again: bool
) -> Iterator[tuple[State, tuple[int, ...]]]:
    (held, ends), pool = old
    mine = dict(held)
    stolen = mine.get(leg.account, 0)
    clean = balance - stolen
    for x in range(max(0, leg.amount - clean), min(leg.amount, stolen) + 1):
        left = {**mine, leg.account: stolen - x}
        kept = tuple(sorted((a, s) for a, s in left.items() if s))
        if not again:
            yield (kept, ends), (*pool[:-1], pool[-1] + x)
            continue
        end = Terminal("stolen_again", leg.account, leg.address)
        put = {**dict(ends), end: dict(ends).get(end, 0) + x}
        yield (kept, tuple(sorted((t, s) for t, s in put.items() if s))), pool


def _given(plan: TaintProblem, state: State, key: tuple[int, int, int], leg: Leg, amount: int) -> State:
    if not amount:
        return state
    held, ends = dict(state[0]), dict(state[1])
    fate = _fate(plan, key, leg)
    if fate == "held":
        held[leg.account] = held.get(leg.account, 0) + amount
    else:
        end = Terminal(fate, leg.account, leg.address)
        ends[end] = ends.get(end, 0) + amount
    return tuple(sorted(held.items())), tuple(sorted(ends.items()))


@st.composite
def trades(draw: st.DrawFn, units: int = 10**6) -> World:
    """Return a world in which holders pay and swap two assets back and forth, near a rate of 1 to 1,000."""
    holders = st.sampled_from("ABCDE")
    rows = [transfer(1, "V", "A", draw(st.integers(units // 2, units)), 1, tx="o1")]
    for _ in range(draw(st.integers(4, 16))):
        number = len(rows) + 1
        asset, scale = draw(st.sampled_from([(UNIT, 1), (OTHER, 1_000)]))
        payer, amount = draw(holders), draw(st.integers(units // 10, units)) * scale
        if draw(st.booleans()):
            rate = draw(st.integers(900, 1_100))
            got = amount * rate if asset == UNIT else amount // rate
            back = OTHER if asset == UNIT else UNIT
            rows.append(transfer(number, payer, "pool", amount, number, event=f"s{number}", asset=asset))
            rows.append(transfer(number + 1, "pool", payer, got, number, event=f"s{number}", asset=back))
        else:
            rows.append(transfer(number, payer, draw(holders), amount, number, asset=asset))
    return World(tuple(rows), (Seed("tx", "o1", CHAIN, UNIT, None, "o1"),), ())


@st.composite
def dense(draw: st.DrawFn, largest: int = 1_000, *, twice: bool = False) -> World:
    """Return a world of few holders that pay each other often, so that what was paid before binds what is paid later.

    With `twice`, a second theft takes what one of them pays, stolen coins among it.
    """
    holders, amounts = st.sampled_from("ABCD"), st.integers(1, largest)
    rows = [transfer(1, "V", "A", draw(amounts) + largest // 2, 1, tx="o1")]
    seeds = [Seed("tx", "o1", CHAIN, UNIT, None, "o1")]
    for _ in range(draw(st.integers(3, 14))):
        number, kind = len(rows) + 1, draw(st.sampled_from(["pay"] * 8 + ["group", "mint", "fee"] + ["theft"] * twice))
        payer, payee, amount = draw(holders), draw(holders), draw(amounts)
        if kind == "group":
            event = f"g{number}"
            rows += [
                transfer(number + extra, draw(holders), draw(holders), draw(amounts), number, event=event)
                for extra in range(2)
            ]
        elif kind == "mint":
            rows.append(transfer(number, "", payee, amount, number, kind="mint"))
        elif kind == "fee":
            rows.append(transfer(number, payer, "", amount, number, kind="fee"))
        elif kind == "theft" and len(seeds) < 3 and payer != payee:
            name = f"o{len(seeds) + 1}"
            rows.append(transfer(number, payer, payee, amount, number, tx=name))
            seeds.append(Seed("tx", name, CHAIN, UNIT, None, name))
        else:
            rows.append(transfer(number, payer, payee, amount, number))
    return World(distinct(rows), tuple(seeds), ())
