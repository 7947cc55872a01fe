"""Circle: what the issuer of USDC does: freeze and release.

A freeze leaves the balance where it is. What Circle makes and burns writes transfers besides, which are read as those.

Events: circlefin/stablecoin-evm, contracts/v1/Blacklistable.sol.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import ByLogs, Reading
from tracer.decoders.circle.constants import CONTRACTS
from tracer.decoders.issuing import frozen

FROZEN: Final = EventAbi("Blacklisted(address indexed account)")
RELEASED: Final = EventAbi("UnBlacklisted(address indexed account)")

CIRCLE: Final = ByLogs(
    "circle", CONTRACTS, (Reading(FROZEN, frozen("account")), Reading(RELEASED, frozen("account", released=True)))
)
