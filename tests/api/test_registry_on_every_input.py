"""What the registry knows stops and guards on every input (D4), and rows without chain are of the only one (D5)."""

from __future__ import annotations

from pathlib import Path

import pytest

import tracer
from tracer.errors import TracerError
from tracer.flags import FlagList

THIEF, CUSTOMER = "0x" + "4" * 40, "0x" + "5" * 40
BINANCE, ROUTER = "0x28c6c06298d514db089934071355e5743bf21d60", "0xd90e2f925DA726b50C4Ed8D0Fb90Ad053324F31b"
VICTIM = "0x1a2a1c938ce3ec39b6d47113c7955baa9dd454f2"
ETHER = 10**18
SERVICES = (
    "tx,block,sender,recipient,asset,amount",
    f"0x31,100,{VICTIM},{THIEF},slip44:60,{100 * ETHER}",
    f"0x32,101,{THIEF},{ROUTER},slip44:60,{60 * ETHER}",
    f"0x33,102,{THIEF},{BINANCE},slip44:60,{40 * ETHER}",
    f"0x34,103,{BINANCE},{CUSTOMER},slip44:60,{40 * ETHER}",
)
SEEDS = ("kind,value,asset,amount,origin", "tx,0x31,,,mine")


def written(folder: Path, **tables: tuple[str, ...]) -> dict[str, Path]:
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return {name: folder / f"{name}.csv" for name in tables}


def on_any_list(flags: FlagList) -> set[str]:
    return {entry.address for entry in (*flags.entries, *flags.leads)}


def test_d4_the_registry_stops_and_guards_on_an_own_table(tmp_path: Path) -> None:
    trace = tracer.open_table(**written(tmp_path, transfers=SERVICES, seeds=SEEDS)).trace()  # type: ignore[arg-type]
    assert {leaf.stop_reason: leaf.tainted for leaf in trace.result.exits} == {
        "mixer": 60 * ETHER,
        "service": 40 * ETHER,
    }
    assert on_any_list(trace.flags()) == {THIEF}
    assert {row.caip10.split(":")[-1] for row in trace.flags().kept_off} >= {BINANCE, ROUTER.lower()}
    assert trace._prepared.inputs.registry


def test_d4_without_the_registry_the_case_knows_that_it_is_unguarded(tmp_path: Path) -> None:
    tables = written(tmp_path, transfers=SERVICES, seeds=SEEDS)
    trace = tracer.open_table(**tables, registry=False).trace()  # type: ignore[arg-type]
    assert not trace._prepared.inputs.registry
    assert CUSTOMER in on_any_list(trace.flags())
    assert not tracer.open_case(tmp_path, registry=False)._inputs.registry
    assert not tracer.open_case("ronin-2022", registry=False)._inputs.registry


def test_d4_a_folder_and_an_own_table_know_the_same(tmp_path: Path) -> None:
    tables = written(tmp_path, transfers=SERVICES, seeds=SEEDS)
    folder, table = tracer.open_case(tmp_path), tracer.open_table(**tables)  # type: ignore[arg-type]
    assert folder._labels == table._labels != ()


A, B, C, D = (f"0x00000000000000000000abcdabcdabcdabcd123{digit}" for digit in (9, 1, 2, 3))
BNB = (
    "chain,block,tx,sender,recipient,asset,amount",
    f"eip155:56,1,0x01,{A},{B},u,100",
    f"eip155:56,2,0x02,{B},{C},u,100",
    f"eip155:56,3,0x03,{C},{D},u,100",
)
LABELS = ("address,label,category,entity,source_url", f"{C},svc,exchange,Ex,https://example.org")


@pytest.mark.parametrize("seed", ["tx,0x01,,,o", f"holder,{B},u,100,o", f"holder,{A},,,o"])
def test_d5_labels_and_seeds_without_chain_are_of_the_tables_only_chain(tmp_path: Path, seed: str) -> None:
    seeds = ("kind,value,asset,amount,origin", seed)
    rows = BNB if B not in seed else (BNB[0], *BNB[2:])
    tables = written(tmp_path, transfers=rows, seeds=seeds, labels=LABELS)
    result = tracer.open_table(**tables).trace().result  # type: ignore[arg-type]
    assert [(leaf.chain, leaf.address, leaf.stop_reason, leaf.tainted) for leaf in result.exits] == [
        ("eip155:56", C, "service", 100)
    ]


def test_d5_a_row_without_chain_beside_several_is_an_error_that_names_it(tmp_path: Path) -> None:
    two = (
        "chain,time,tx,sender,recipient,asset,amount",
        f"eip155:56,1,0x01,{A},{B},u,100",
        f"eip155:1,2,0x02,{B},{C},u,100",
    )
    seeds = ("kind,value,asset,amount,origin", "tx,0x01,,,o")
    tables = written(tmp_path, transfers=two, seeds=seeds, labels=LABELS)
    with pytest.raises(TracerError, match=r"labels.csv, row 1, column 'chain'"):
        tracer.open_table(**tables)  # type: ignore[arg-type]
    tables = written(tmp_path, transfers=two, seeds=(seeds[0], f"holder,{B},u,100,o"))
    with pytest.raises(TracerError, match=r"seeds.csv, row 1, column 'chain'"):
        tracer.open_table(**tables)  # type: ignore[arg-type]


def test_d5_a_seed_of_a_chain_that_the_table_does_not_have_is_an_error(tmp_path: Path) -> None:
    seeds = ("kind,value,asset,amount,origin,chain", f"holder,{B},u,100,o,eip155:1")
    tables = written(tmp_path, transfers=BNB, seeds=seeds)
    with pytest.raises(TracerError, match=r"is of eip155:1, which the table does not have"):
        tracer.open_table(**tables)  # type: ignore[arg-type]
