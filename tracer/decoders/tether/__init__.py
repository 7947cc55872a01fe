"""Tether: what the issuer of USDT does: issue, redeem, freeze, release, destroy."""
