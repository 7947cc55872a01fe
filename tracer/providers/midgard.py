"""Midgard: what THORChain and Maya did with a transaction, or for an address. It links; it never gives amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracer.chains import THORCHAIN, Field, SwapAction, SwapLink, merge_actions, parse_action
from tracer.errors import InputError
from tracer.model import ChainId, Coverage
from tracer.net import CachedTransport, PermanentError, Query, ReplyFault, Request, gap, reading

LIMIT: Final = 50
"""Actions of a page: the most that Midgard gives."""
MAX_PAGES: Final = 200


@dataclass(frozen=True, slots=True)
class SwapLinks:
    """Links, and whether all of them were read.

    Attributes
    ----------
    links : tuple of SwapLink
        One an inbound transaction, in order of time.
    coverage : Coverage
        Heights are the network's own.
    """

    links: tuple[SwapLink, ...]
    coverage: Coverage


class Midgard:
    """A Midgard v2 server.

    Parameters
    ----------
    exchange : CachedTransport
        Live, or replaying a bundle.
    url : str
        Base of the API, as ``https://midgard.example``.
    network : ChainId
        :data:`tracer.chains.thorchain.THORCHAIN` or ``MAYACHAIN``.
    name : str
        Name in the registry.
    max_pages : int
        Pages of 50 actions read of one question.
    """

    def __init__(
        self,
        exchange: CachedTransport,
        url: str,
        *,
        network: ChainId = THORCHAIN,
        name: str = "midgard",
        max_pages: int = MAX_PAGES,
    ) -> None:
        self._exchange, self._url, self._network, self._name = exchange, url.rstrip("/"), network, name
        self._max_pages = max_pages

    @property
    def name(self) -> str:
        """Name in the registry."""
        return self._name

    def height(self) -> int:
        """Return the height that the server has worked up to, pinned at the first asking.

        Raises
        ------
        PermanentError
            If the server says that it is behind: what it does not show may have happened.
        """

        def parse(reply: Field) -> int:
            """Return the last height that a server in sync has committed."""
            if not reply.get("inSync").flag():
                raise PermanentError(
                    f"{self._name} is not in sync.",
                    why="A swap it does not show may have happened.",
                    next_step="Ask another server, or later.",
                )
            return reply.get("lastCommitted").get("height").integer()

        query = Query(self._name, self._network, "/v2/health")
        return self._exchange.ask(query, lambda: Request("GET", f"{self._url}/v2/health"), reading(parse))

    def links_of(self, tx: str) -> SwapLinks:
        """Return what the network did with a transaction, whichever side of it the transaction is.

        Parameters
        ----------
        tx : str
            Transaction hash of any chain, with or without ``0x``.
        """
        wanted = tx.lower().removeprefix("0x")
        return self._read({"txid": wanted.upper()}, tx, wanted)

    def actions(self, address: str) -> SwapLinks:
        """Return what the network did for an address, as payer or payee.

        Raises
        ------
        InputError
            If the address holds a comma: Midgard would read it as two.
        """
        if "," in address:
            raise InputError(f"{address[:60]!r} is not one address.")
        return self._read({"address": address}, address, address.lower())

    def _read(self, asked: Mapping[str, str], subject: str, wanted: str) -> SwapLinks:
        found: list[SwapAction] = []
        height, pages, token, is_end = 0, 0, "", False
        try:
            height = self.height()
            while not is_end and pages < self._max_pages:
                page, token = self._page(asked, wanted, token, height)
                pages += 1
                found.extend(page)
                is_end = not page or not token
        except ReplyFault as fault:
            missing = gap(
                fault,
                chain=self._network,
                subject=subject,
                source=self._name,
                endpoint="/v2/actions",
                window=(0, height),
                rows=len(found),
                pages=pages,
            )
            return SwapLinks(merge_actions(found), missing)
        links = merge_actions(found)
        pending = sum(link.status == "pending" for link in links)
        details = [f"{pending} not finished as of height {height}."] if pending else []
        if not is_end:
            details.append(f"More than {pages} pages; older actions were not read.")
        coverage = Coverage(
            self._network,
            subject,
            self._name,
            "/v2/actions",
            0,
            height,
            complete=is_end,
            reason="ok" if is_end else "result_window",
            detail=" ".join(details),
            rows=len(found),
            pages=pages,
        )
        return SwapLinks(links, coverage)

    def _page(self, asked: Mapping[str, str], wanted: str, token: str, height: int) -> tuple[list[SwapAction], str]:
        params = {**asked, "limit": str(LIMIT), **({"nextPageToken": token} if token else {})}

        def parse(reply: Field) -> tuple[list[SwapAction], str]:
            """Return the actions of a page, each of which touches what was asked for, and the next page's mark."""
            page = []
            for item in reply.get("actions").items():
                action = parse_action(item, network=self._network)
                sides = (*action.link.inputs, *action.link.outputs)
                if all(wanted not in (side.address.lower(), side.tx.removeprefix("0x")) for side in sides):
                    raise item.fault("The action does not touch what was asked for.")
                page.append(action)
            meta = reply.maybe("meta")
            following = None if meta is None else meta.maybe("nextPageToken")
            is_full = len(page) >= LIMIT
            if following is None and is_full:
                raise reply.fault("A full page came without the mark of the next one.")
            mark = "" if following is None else following.text()
            if mark and mark == token:
                raise reply.fault("The mark of the next page is that of this one.")
            return page, mark

        # Not sent: an answer is that of the pinned height, and a later one stands beside it.
        query = Query(self._name, self._network, "/v2/actions", {**params, "as_of": height})
        return self._exchange.ask(query, lambda: Request("GET", f"{self._url}/v2/actions", params), reading(parse))
