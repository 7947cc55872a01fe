"""Questions to a finished trace: paths, commingling, sensitivity, published figures, source of funds."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.analysis.address_history import AddressFacts, BalancePoint, Counterparty, Flow, facts_of
    from tracer.analysis.checkpoints import Checked, Recorded, check
    from tracer.analysis.commingling import CommingledHolding, mixings
    from tracer.analysis.funds_origin import Funds, Inflow, source_of_funds, targets_of, upstream_of
    from tracer.analysis.leave_one_out import Moved, sensitivity
    from tracer.analysis.lookup import find_address, names_of, split_chain
    from tracer.analysis.paths import paths_to
    from tracer.analysis.poison_reach import poisoned
    from tracer.analysis.ways import CoHeld, Step, Total, Way, Ways

__all__ = [
    "AddressFacts",
    "BalancePoint",
    "Checked",
    "CoHeld",
    "CommingledHolding",
    "Counterparty",
    "Flow",
    "Funds",
    "Inflow",
    "Moved",
    "Recorded",
    "Step",
    "Total",
    "Way",
    "Ways",
    "check",
    "facts_of",
    "find_address",
    "mixings",
    "names_of",
    "paths_to",
    "poisoned",
    "sensitivity",
    "source_of_funds",
    "split_chain",
    "targets_of",
    "upstream_of",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "address_history": ("AddressFacts", "BalancePoint", "Counterparty", "Flow", "facts_of"),
        "checkpoints": ("Checked", "Recorded", "check"),
        "commingling": ("CommingledHolding", "mixings"),
        "funds_origin": ("Funds", "Inflow", "source_of_funds", "targets_of", "upstream_of"),
        "leave_one_out": ("Moved", "sensitivity"),
        "lookup": ("find_address", "names_of", "split_chain"),
        "paths": ("paths_to",),
        "poison_reach": ("poisoned",),
        "ways": ("CoHeld", "Step", "Total", "Way", "Ways"),
    },
)
