"""Which movements of an archive are asked for."""

from __future__ import annotations

from dataclasses import dataclass

from tracer.model import Collected, checksum_form


@dataclass(frozen=True, slots=True)
class Where:
    """Which movements are asked for: those of a holder in a window, or those of a transaction.

    Attributes
    ----------
    since, until : int
        Window of blocks, both ends included.
    holder : str
        Canonical address; empty for all.
    tx : str
        Transaction hash; empty for all.
    """

    since: int
    until: int
    holder: str = ""
    tx: str = ""

    def sql(self, payer: str, payee: str, *, created: str = "", as_topic: bool = False) -> tuple[str, list[object]]:
        """Return the condition on a table ``t`` with these columns of payer and payee."""
        condition, values = "t.block_number BETWEEN ? AND ?", [self.since, self.until]
        given: list[object] = [*values]
        if self.tx:
            return f"{condition} AND t.hash = ?", [*given, self.tx]
        if not self.holder:
            return condition, given
        columns = [column for column in (payer, payee, created) if column]
        if as_topic:
            # Plain equality, so that the files' own statistics can pass rows over.
            wanted: tuple[object, ...] = ("0x" + self.holder[2:].rjust(64, "0"),)
        else:
            wanted = self.holder, checksum_form(self.holder)
        sides = " OR ".join(f"{column} IN ({', '.join('?' for _ in wanted)})" for column in columns)
        return f"{condition} AND ({sides})", [*given, *(wanted * len(columns))]

    def touches(self, row: Collected) -> bool:
        """Return whether a movement is one of those asked for."""
        return not self.holder or self.holder in (row.sender, row.recipient)
