"""Error rates of links over bridges: python validation/bridges.py [--data DIR] [--check].

The protocol is in bridges.md. Without the data nothing is written, and the reason is printed.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tracer.chains import MAYACHAIN, THORCHAIN, SwapLink, parse_action
from tracer.chains.fields import Field
from tracer.links import BridgeEnd, Matching, SameUnit, Terms, match, service_calendar
from tracer.model import TIERS

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
RESULT = HERE / "bridges.json"
NOMAD = "bridge_nomad_ronin_xchainwatcher"
PAIRS = "nomad_deposits_pairs.tsv.gz"
ETHEREUM, MOONBEAM = "eip155:1", "eip155:1284"
CHAINS = {"6648936": ETHEREUM, "1650811245": MOONBEAM, "1": ETHEREUM}
DAY = 86_400
Z = 1.959964
DATE = "2026-11-29"
COMMAND = "python validation/bridges.py"
REGISTERED = "914d1e10153f14d47b19dad71a3ac62ee3440e7b"
"""The commit of the protocol, before the run."""
Ends = list[BridgeEnd]
Figures = dict[str, Any]


def wilson(right: int, of: int) -> list[float] | None:
    """Return the interval of a rate at 95 %, six places."""
    if not of:
        return None
    rate = right / of
    centre = (rate + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * math.sqrt(rate * (1 - rate) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return [round(max(0.0, centre - half), 6), round(min(1.0, centre + half), 6)]


def rate(right: int, of: int) -> float | None:
    """Return a share, six places; null of nothing."""
    return round(right / of, 6) if of else None


def digest(text: str) -> str:
    """Return what puts names in an order that has nothing to do with them."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_hash(path: Path) -> str:
    """Return the sha256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def nomad(data: Path) -> tuple[Ends, Ends, dict[str, str], SameUnit]:
    """Return deposits, payouts, the true payout of each deposit, and the token mapping."""
    with gzip.open(data / NOMAD / PAIRS, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, delimiter="\t"))
    with (data / NOMAD / "nomad_token_mapping.facts").open(encoding="utf-8") as stream:
        pairs = [line.split("\t") for line in stream.read().splitlines()]
    # One unit on both sides: a representation has the decimals of its token.
    same = SameUnit.of({(pair[2], pair[3]): (0, 0) for pair in pairs})
    deposits = [
        BridgeEnd(
            leg=row[2],
            chain=CHAINS[row[0]],
            tx=row[2],
            time=int(row[1]),
            asset=row[7],
            amount=int(row[11]),
            sender=row[9],
            recipient=row[10],
            key=row[6],
            dest_chain=CHAINS[row[3]],
            service="nomad",
        )
        for row in rows
    ]
    payouts = [
        BridgeEnd(
            leg=row[5],
            chain=CHAINS[row[3]],
            tx=row[5],
            time=int(row[4]),
            asset=row[8],
            amount=int(row[11]),
            recipient=row[10],
            key=row[6],
            service="nomad",
        )
        for row in rows
    ]
    return deposits, payouts, {row[2]: row[5] for row in rows}, same


def thefts(data: Path) -> Ends:
    """Return the payouts of both thefts, which nothing went in for."""
    found = []
    for bridge in ("nomad", "ronin"):
        with (data / NOMAD / f"{bridge}_attacks.csv").open(encoding="utf-8", newline="") as stream:
            for number, row in enumerate(csv.DictReader(stream)):
                found.append(
                    BridgeEnd(
                        leg=f"{bridge}-theft-{number}",
                        chain=CHAINS[row["dst_chain_id"]],
                        tx=row["dst_transaction_hash"],
                        time=int(row["dst_timestamp"]),
                        asset=row["dst_token"],
                        amount=int(row["amount"]),
                        recipient=row["beneficiary"],
                        key=row["withdrawal_id"],
                        service=bridge,
                    )
                )
    return found


def without_keys(ends: Iterable[BridgeEnd]) -> Ends:
    """Return ends as where no identifier can be read."""
    return [replace(end, key="") for end in ends]


def turned(ends: Ends, change: Callable[[BridgeEnd, BridgeEnd], BridgeEnd]) -> Ends:
    """Return each end with something of the next one, in an order that has nothing to do with them."""
    order = sorted(ends, key=lambda end: digest(end.tx))
    return [change(end, other) for end, other in zip(order, order[1:] + order[:1], strict=True)]


def less_a_fee(end: BridgeEnd) -> BridgeEnd:
    """Return a payout less 0 to 0.5 %, in steps of 0.01 %."""
    steps = int(digest(end.tx)[:8], 16) % 51
    return replace(end, amount=max(1, end.amount * (10_000 - steps) // 10_000))


def right_and_all(found: Matching, truth: dict[str, str], tier: str) -> tuple[int, int]:
    """Return how many links of a tier are true pairs, and how many there are."""
    taken = found.accepted(tier)
    return sum(
        truth.get(found.sources[one.source].leg) == found.destinations[one.destination].leg for one in taken
    ), len(taken)


def half_of(end: BridgeEnd) -> str:
    """Return in which half of the depositors a deposit is."""
    return "a" if int(digest(end.sender)[:2], 16) < 128 else "b"


def scored(found: Matching, truth: dict[str, str], tier: str, decoys: Figures) -> Figures:
    """Return the figures of one tier on data whose truth is known."""
    taken = {one.source: one for one in found.accepted(tier)}
    halves: dict[str, list[int]] = {"a": [0, 0, 0], "b": [0, 0, 0]}
    people: dict[str, bool] = {}
    for number, end in enumerate(found.sources):
        counts = halves[half_of(end)]
        counts[2] += 1
        if (one := taken.get(number)) is None:
            continue
        good = truth[end.leg] == found.destinations[one.destination].leg
        counts[0 if good else 1] += 1
        people[end.sender] = people.get(end.sender, True) and good
    tp, fp = (sum(counts[place] for counts in halves.values()) for place in (0, 1))
    n = len(found.sources)
    rivals: dict[int, int] = defaultdict(int)
    for one in found.candidates:
        if one.tier == tier and one.rivals:
            rivals[one.source] = max(rivals[one.source], one.rivals)
    ambiguous = {source: count for source, count in rivals.items() if source not in taken}
    spread = sorted(ambiguous.values())
    return {
        "n": n,
        "tp": tp,
        "fp": fp,
        "fn": n - tp,
        "tn": None,
        "abstained": n - tp - fp,
        "coverage": rate(tp + fp, n),
        "precision": rate(tp, tp + fp),
        "precision_wilson95": wilson(tp, tp + fp),
        "recall": rate(tp, n),
        "recall_wilson95": wilson(tp, n),
        "by_depositors": {
            name: {"n": all_, "precision": rate(good, good + bad), "recall": rate(good, all_)}
            for name, (good, bad, all_) in halves.items()
        },
        "depositors_all_right": {"n": len(people), "share": rate(sum(people.values()), len(people))},
        "ambiguous": {
            "deposits": len(ambiguous),
            "rivals_median": spread[len(spread) // 2] if spread else None,
            "rivals_most": spread[-1] if spread else None,
        },
        "decoys": decoys,
        # The first decoy is the one that every run of `tracer link` prints too.
        "chance_share": decoys["runs"][0]["decoy_rate"],
        "chance_ci": decoys["runs"][0]["decoy_rate_wilson95"],
        "open_destinations": len(found.open_destinations()),
    }


def decoyed(
    name: str, ends: Ends, payouts: Ends, terms: Terms, truth: dict[str, str], tier: str, taken: int
) -> Figures:
    """Return what a tier accepts where the deposits are none of the payouts'."""
    right, all_ = right_and_all(match(ends, payouts, terms), truth, tier)
    chance = all_ - right
    return {
        "name": name,
        "accepted": all_,
        "of_these_true": right,
        "decoy_rate": rate(chance, len(ends)),
        "decoy_rate_wilson95": wilson(chance, len(ends)),
        "decoy_precision": round(1 - chance / taken, 6) if taken else None,
    }


def decoys_of(
    tier: str, deposits: Ends, payouts: Ends, terms: Terms, truth: dict[str, str], taken: int
) -> list[Figures]:
    """Return the chance matches of a tier under each decoy."""
    sets: list[tuple[str, Ends]] = []
    if tier == "identifier":
        sets.append(("other identifiers", turned(deposits, lambda end, other: replace(end, key=other.key))))
    else:
        for days in (7, 14, 30):
            earlier = [replace(end, time=(end.time or 0) - days * DAY) for end in deposits]
            sets.append((f"times shifted {days} days", earlier))
        sets.append(("times shuffled", turned(deposits, lambda end, other: replace(end, time=other.time))))
    if tier == "structured":
        sets.append(("other recipients", turned(deposits, lambda end, other: replace(end, recipient=other.recipient))))
    return [decoyed(name, ends, payouts, terms, truth, tier, taken) for name, ends in sets]


def first_match(deposits: Ends, payouts: Ends, same: SameUnit, *, recipients: bool) -> Figures:
    """Return how often the first payout that fits is the right one: what guessing gives."""
    truth = {end.key: end.leg for end in payouts}
    by: dict[tuple[str, int, str], list[BridgeEnd]] = defaultdict(list)
    for end in sorted(payouts, key=BridgeEnd.place):
        by[end.asset, end.amount, end.recipient if recipients else ""].append(end)
    right = wrong = 0
    for end in deposits:
        name = (same.out_for(end.asset)[0].asset, end.amount, end.recipient if recipients else "")
        fits = (one for one in by[name] if 0 < (one.time or 0) - (end.time or 0) <= DAY)
        if (one := next(fits, None)) is not None:
            good = one.leg == truth[end.key]
            right, wrong = right + good, wrong + (not good)
    return {"right": right, "wrong": wrong, "none": len(deposits) - right - wrong, "share": rate(right, len(deposits))}


def run(entry: Figures, figures: Figures) -> Figures:
    """Return one entry of the file: what it is of, its figures, and why what is lacking is lacking."""
    lacking = {
        "tn": "pairs that are not linked are not enumerated",
        "fpr": "without tn there is none",
        "pr_auc": "a link is accepted or not; there is no score to vary",
        "brier": "no probability is given",
        "ece": "no probability is given",
    }
    return {"id": "bridges", "version": "1", **entry, **figures, **dict.fromkeys(lacking), "null_because": lacking}


def nomad_runs(data: Path) -> list[Figures]:
    """Return the runs over Nomad's deposits, with the payouts of the thefts among the true ones."""
    deposits, payouts, truth, same = nomad(data)
    stolen = thefts(data)
    keyless = without_keys(deposits), without_keys(payouts)
    cases = [
        (
            "identifier",
            "as recorded",
            deposits,
            payouts,
            Terms(same),
            "by construction: the set was made by identifier",
        ),
        ("structured", "as recorded", *keyless, Terms(same), ""),
        ("structured", "fee simulated", keyless[0], [less_a_fee(end) for end in keyless[1]], Terms(same), ""),
        ("amount_time", "as recorded", *keyless, Terms(same, ignore_recipients=True), ""),
        (
            *("amount_time", "fee simulated", keyless[0], [less_a_fee(end) for end in keyless[1]]),
            *(Terms(same, ignore_recipients=True), ""),
        ),
    ]
    base = {"bridge": "nomad", "dataset": f"{NOMAD}/{PAIRS}", "dataset_sha256": file_hash(data / NOMAD / PAIRS)}
    runs = []
    for tier, amounts, gone, come, terms, note in cases:
        found = match(gone, come, terms)
        _, taken = right_and_all(found, truth, tier)
        figures = scored(found, truth, tier, {"runs": decoys_of(tier, gone, come, terms, truth, taken)})
        loose = stolen if tier == "identifier" else without_keys(stolen)
        mixed = match(gone, [*come, *loose], terms)
        names = {end.leg for end in stolen}
        linked = [one for one in mixed.accepted() if mixed.destinations[one.destination].leg in names]
        figures["payouts_of_thefts"] = {
            "n": len(stolen),
            "linked": len(linked),
            "ronin_unmatched": sum(
                mixed.destinations[number].service == "ronin" for number in mixed.open_destinations()
            ),
        }
        entry = {**base, "tier": tier, "amounts": amounts, "unit": "deposit", "by_construction": note}
        if amounts == "as recorded" and tier != "identifier":
            figures["first_match"] = first_match(deposits, payouts, same, recipients=tier == "structured")
        if tier == "identifier":
            with_calendar = match(gone, come, Terms(same, calendar=service_calendar()))
            figures["true_pairs_the_calendar_calls_impossible"] = taken - len(with_calendar.accepted(tier))
        runs.append(run(entry, figures))
    return runs


def connector_runs(data: Path) -> list[Figures]:
    """Return what the labelled pairs of CONNECTOR allow: that they load, and how many deposits have a double."""
    runs = []
    home = data / "bridge_connector" / "Validation"
    for folder in sorted(path for route in home.iterdir() for path in route.iterdir()):
        with gzip.open(folder / "label.csv.gz", "rt", encoding="utf-8", newline="") as stream:
            pairs = sum(1 for _ in csv.DictReader(stream))
        bridge, target = folder.name.lower(), folder.parent.name.partition("-")[2].lower()
        entry = {
            "bridge": bridge,
            "dataset": folder.relative_to(data).as_posix(),
            "dataset_sha256": file_hash(folder / "label.csv.gz"),
            "tier": "structured",
            "amounts": "payouts simulated",
            "unit": "deposit",
            "by_construction": "payouts are the deposits' own amounts ten minutes later; only ambiguity is told",
        }
        why = "the other end of a labelled pair has no amount, time or recipient"
        figures: Figures = {
            **dict.fromkeys(("tp", "fp", "fn", "precision", "recall", "precision_wilson95", "recall_wilson95")),
            "labelled_pairs": pairs,
            "precision_and_recall_null_because": why,
        }
        if (folder / "sample.json.gz").is_file():
            with gzip.open(folder / "sample.json.gz", "rt", encoding="utf-8") as text:
                deposits = connector_ends(json.load(text), bridge, target)
            payouts = [
                replace(end, leg=f"out-{end.leg}", chain=end.dest_chain, dest_chain="", time=(end.time or 0) + 600)
                for end in deposits
            ]
            found = match(deposits, payouts)
            alone = match(deposits, payouts, Terms(ignore_recipients=True))
            figures |= {
                "n": len(deposits),
                "unambiguous_with_recipient": rate(len(found.accepted()), len(deposits)),
                "unambiguous_with_recipient_wilson95": wilson(len(found.accepted()), len(deposits)),
                "unambiguous_without": rate(len(alone.accepted()), len(deposits)),
                "unambiguous_without_wilson95": wilson(len(alone.accepted()), len(deposits)),
            }
        else:
            figures |= {"n": None, "n_null_because": "the set has labels of this bridge, and no decoded deposits"}
        runs.append(run(entry, figures))
    return runs


def connector_ends(records: Iterable[Figures], bridge: str, target: str) -> Ends:
    """Return decoded deposits as ends; several of one transaction are numbered."""
    ends = []
    for number, one in enumerate(records):
        said = one["args"]
        if not int(said["amount"]):
            continue
        ends.append(
            BridgeEnd(
                leg=f"{number:06}",
                chain="ethereum",
                tx=one["txhash"].lower(),
                time=int(one["timestamp"]),
                asset=str(said["asset_s"]).lower(),
                amount=int(said["amount"]),
                sender=str(said["sender"]).lower(),
                recipient=str(said["receiver"]).lower(),
                dest_chain=target,
                service=bridge,
            )
        )
    return ends


def midgard_run(data: Path) -> Figures:
    """Return which actions of recorded answers are followed as one payment."""
    folder = data / "thorchain_maya_mocks"
    files = sorted(folder.glob("*midgard*actions.json"))
    actions: list[SwapLink] = []
    for path in files:
        network = MAYACHAIN if "maya" in path.name else THORCHAIN
        said = json.loads(path.read_text("utf-8"))["actions"]
        actions += [parse_action(Field(action), network=network).link for action in said]
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"n": 0, "followed": 0})
    for link in actions:
        name = f"{'+'.join(link.types)}, {link.status}"
        counts[name]["n"] += 1
        counts[name]["followed"] += link.is_followable
    hashes = "".join(file_hash(path) for path in files)
    entry = {
        "bridge": "thorchain and maya",
        "dataset": "thorchain_maya_mocks/*midgard*actions.json",
        "dataset_sha256": digest(hashes),
        "tier": "identifier",
        "amounts": "as recorded",
        "unit": "action",
        "by_construction": "the answer itself names the transaction that came in beside those that went out",
    }
    nothing = dict.fromkeys(("tp", "fp", "fn", "precision", "recall", "precision_wilson95", "recall_wilson95"))
    why = "an answer is its own truth; it is told only what is followed and what is not"
    return run(
        entry,
        {
            "n": len(actions),
            **nothing,
            "precision_and_recall_null_because": why,
            "actions": dict(sorted(counts.items())),
        },
    )


def results(data: Path) -> Figures:
    """Return the whole file."""
    runs = [*nomad_runs(data), *connector_runs(data), midgard_run(data)]
    return {
        "protocol": "validation/bridges.md",
        "date": DATE,
        "command": COMMAND,
        "commit": REGISTERED,
        "tiers": list(TIERS),
        "aims": aims(runs),
        "runs": runs,
    }


def aims(runs: Sequence[Figures]) -> dict[str, bool]:
    """Return which of what has to hold does."""
    main = next(one for one in runs if (one["tier"], one["amounts"]) == ("structured", "as recorded"))
    shifted = [one for one in main["decoys"]["runs"] if one["name"].startswith("times shifted")]
    stolen = [one["payouts_of_thefts"] for one in runs if "payouts_of_thefts" in one]
    calendar = [
        one["true_pairs_the_calendar_calls_impossible"]
        for one in runs
        if one["bridge"] == "nomad" and one["tier"] == "identifier"
    ]
    return {
        "structured precision at least 99 %": main["precision"] >= 0.99,
        "structured recall at least 95 %": main["recall"] >= 0.95,
        "structured decoy precision at least 99 % on shifted times": all(
            one["decoy_precision"] >= 0.99 for one in shifted
        ),
        "no payout of a theft is linked": all(not one["linked"] for one in stolen),
        "both Ronin withdrawals are unmatched": all(one["ronin_unmatched"] == 2 for one in stolen),
        "the calendar contradicts no true pair": calendar == [0],
    }


def main() -> int:
    """Run, write, and say whether what has to hold does."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--check", action="store_true", help="Write nothing; fail where the file would be another.")
    asked = parser.parse_args()
    if not (asked.data / NOMAD / PAIRS).is_file():
        print("Skipped: the recorded bridge data are not beside this checkout (shared/data); bridges.json stays.")
        return 0
    text = json.dumps(results(asked.data), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    held = json.loads(text)["aims"]
    for name, is_so in held.items():
        print(f"{'yes' if is_so else 'NO '}  {name}")
    if asked.check:
        same = RESULT.is_file() and RESULT.read_text("utf-8") == text
        print("bridges.json is the same." if same else "bridges.json would be another.")
        return 0 if same and all(held.values()) else 1
    RESULT.write_text(text, "utf-8")
    return 0 if all(held.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
