"""WOOFi: exchanges on one chain and across chains, the latter over LayerZero and Stargate."""
