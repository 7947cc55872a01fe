"""Sky: converters between its old and new tokens, and the module that exchanges its dollar for others.

Addresses: constants. Events: makerdao/usds and makerdao/dss-lite-psm.
"""

from __future__ import annotations

from typing import Final

from tracer.chains import EventAbi
from tracer.decoders.by_log import Confirmation, Venue, of_table
from tracer.decoders.sky.constants import CONTRACTS

_FORMS: Final = (
    "DaiToUsds(address indexed caller, address indexed usr, uint256 wad)",
    "UsdsToDai(address indexed caller, address indexed usr, uint256 wad)",
    "MkrToSky(address indexed caller, address indexed usr, uint256 mkrAmt, uint256 skyAmt)",
    "BuyGem(address indexed owner, uint256 value, uint256 fee)",
    "SellGem(address indexed owner, uint256 value, uint256 fee)",
)

SKY: Final = Venue("sky", [Confirmation(EventAbi(text), of_table(CONTRACTS)) for text in _FORMS])
