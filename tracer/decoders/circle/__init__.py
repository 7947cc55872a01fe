"""Circle: what the issuer of USDC does: freeze and release."""
