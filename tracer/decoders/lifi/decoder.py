"""LI.FI: a front end of bridges and exchanges.

At the source its log says chain and recipient; the bridge underneath writes its own record in the same transaction,
whose identifier is kept. A recipient that is no EVM address is a fixed mark, and the true one stands in a log of its
own. At the destination it writes only where it had something to do there, and then in assets after that: the leg is
what reaches the recipient. Exchanges on one chain are conversions that net flows show.

Orders of its intents lie in the portal of Eco until they are filled or refunded.

Events: lifinance/contracts, src/Interfaces/ILiFi.sol; of the portal, eco/eco-routes, as rotki/rotki reads them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import (
    UNSEEN,
    ByLogs,
    Reading,
    Seen,
    address_in,
    asset_named,
    goes_out,
    leg_of,
    log_beside,
    moved,
    number_of,
)
from tracer.decoders.contract import Action
from tracer.decoders.lifi.constants import CONTRACTS

STARTED: Final = EventAbi(
    "LiFiTransferStarted((bytes32 id, string bridge, string integrator, address referrer, address sendingAssetId, "
    "address receiver, uint256 minAmount, uint256 destinationChainId, bool swaps, bool call) data)"
)
COMPLETED: Final = EventAbi(
    "LiFiTransferCompleted(bytes32 indexed id, address receivingAssetId, address receiver, uint256 amount, "
    "uint256 timestamp)"
)
RECOVERED: Final = EventAbi(
    "LiFiTransferRecovered(bytes32 indexed id, address receivingAssetId, address receiver, uint256 amount, "
    "uint256 timestamp)"
)
ELSEWHERE: Final = EventAbi(
    "BridgeToNonEVMChainBytes32(bytes32 indexed id, uint256 indexed destinationChainId, bytes32 receiver)"
)
REFUNDED: Final = EventAbi("IntentRefunded(bytes32 intentHash, address indexed refundee)")
NO_EVM: Final = "0x11f111f111f111f111f111f111f111f111f111f1"
# LI.FI's own numbers of chains that are no EVM chains: lifinance/contracts, src/Helpers/LiFiData.sol.
_CHAINS: Final = {
    1151111081099710: "solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp",
    20000000000001: "bip122:000000000019d6689c085ae165831e93",
}


def _started(seen: Seen) -> Iterable[Action]:
    name, _, _, _, token, receiver, amount, chain, _, _ = seen.parts("data")
    number = number_of(chain)
    to = str(receiver)
    if to == NO_EVM:
        said = log_beside(seen, ELSEWHERE, CONTRACTS, ("diamond",))
        to = "" if said is None else address_in(said["receiver"])
    leg = leg_of(
        seen,
        "bridge_out",
        holder=seen.record.sender,
        asset=asset_named(seen.chain, str(token)),
        amount=-number_of(amount),
        key=str(name),
        dest_chain=_CHAINS.get(number, f"eip155:{number}"),
        dest_recipient=to,
    )
    yield goes_out(seen, leg)


def _completed(seen: Seen) -> Iterable[Action]:
    amount, to = seen.number("amount"), seen.text("receiver")
    leg = leg_of(seen, "bridge_in", holder=to, asset=seen.asset("receivingAssetId"), amount=amount, key=seen.text("id"))
    index = moved(seen.record, amount, payee=(to,))
    if index is not None:
        row = seen.record.movements[index]
        yield replace(leg, asset=row.asset, counterparty=row.sender, moves=(index,))
    elif not seen.record.whole:
        yield replace(leg, reason=UNSEEN)


def _refunded(seen: Seen) -> Iterable[Action]:
    """Return the refund of an order that nobody filled: the transfer right before the log, on the chain it left."""
    to, last = seen.text("refundee"), None
    for index, row in enumerate(seen.record.movements):
        if row.recipient == to and row.layer == "log" and row.place and row.place[0] < seen.log.index:
            last = index
    if last is not None:
        row = seen.record.movements[last]
        leg = leg_of(
            seen,
            "bridge_in",
            holder=to,
            asset=row.asset,
            amount=row.amount,
            key=seen.text("intentHash"),
            src_chain=seen.chain,
        )
        yield replace(leg, counterparty=row.sender, moves=(last,))


LIFI: Final = ByLogs(
    "lifi",
    CONTRACTS,
    (
        Reading(STARTED, _started, ("diamond",)),
        Reading(COMPLETED, _completed, ("diamond",)),
        Reading(RECOVERED, _completed, ("diamond",)),
        Reading(REFUNDED, _refunded, ("portal",)),
    ),
    front=True,
)
