"""Tables, cards and pages of a result."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.report.address import AddressPage, RangeLine, Standing
    from tracer.report.address_words import EARNED, NOT_FOLLOWED
    from tracer.report.addresses import (
        ABSENT,
        ANSWERS,
        CAME,
        EMPTY,
        MAYBE,
        NAMED,
        NO_ADDRESS,
        NO_CHAIN,
        NO_LIST,
        NONE,
        NOT_LOOKED_FOR,
        OUTSIDE,
        ROBBED,
        SAME_KEY_NAMED,
        SANCTIONED,
        UNSUPPORTED,
        WRONG_CHECKSUM,
        Asked,
        AskedRow,
        asked_csv,
        asked_frame,
        asked_record,
        asked_text,
    )
    from tracer.report.annex_table import annex_csv, annex_markdown, annex_row
    from tracer.report.by_address import AddressRow, address_csv, address_frame, address_rows, address_text
    from tracer.report.card import card_html, card_text
    from tracer.report.collected import collected_record, collected_text
    from tracer.report.filling import filled_csv, filling_text
    from tracer.report.frame import BY_SIZE, Frame, framed
    from tracer.report.frames import cashouts_frame, compare_frame, exits_frame, movements_frame
    from tracer.report.funds import funds_summary, funds_text, sources_csv, sources_rows
    from tracer.report.html import report_html
    from tracer.report.legend import legend_md
    from tracer.report.paths import Path, Words
    from tracer.report.policy_narrative import Comparison
    from tracer.report.policy_table import compare_csv
    from tracer.report.sensitivity import sensitivity_frame
    from tracer.report.summary_json import summary
    from tracer.report.tables import CashoutRow, cashouts_csv, exits_csv, movements_csv, touched_files
    from tracer.report.text import (
        aligned,
        cases_text,
        cashout_text,
        checkpoint_text,
        compare_text,
        hints_text,
        why_text,
    )
    from tracer.report.wording import amount_text, asset_names, display_order

__all__ = [
    "ABSENT",
    "ANSWERS",
    "BY_SIZE",
    "CAME",
    "EARNED",
    "EMPTY",
    "MAYBE",
    "NAMED",
    "NONE",
    "NOT_FOLLOWED",
    "NOT_LOOKED_FOR",
    "NO_ADDRESS",
    "NO_CHAIN",
    "NO_LIST",
    "OUTSIDE",
    "ROBBED",
    "SAME_KEY_NAMED",
    "SANCTIONED",
    "UNSUPPORTED",
    "WRONG_CHECKSUM",
    "AddressPage",
    "AddressRow",
    "Asked",
    "AskedRow",
    "CashoutRow",
    "Comparison",
    "Frame",
    "Path",
    "RangeLine",
    "Standing",
    "Words",
    "address_csv",
    "address_frame",
    "address_rows",
    "address_text",
    "aligned",
    "amount_text",
    "annex_csv",
    "annex_markdown",
    "annex_row",
    "asked_csv",
    "asked_frame",
    "asked_record",
    "asked_text",
    "asset_names",
    "card_html",
    "card_text",
    "cases_text",
    "cashout_text",
    "cashouts_csv",
    "cashouts_frame",
    "checkpoint_text",
    "collected_record",
    "collected_text",
    "compare_csv",
    "compare_frame",
    "compare_text",
    "display_order",
    "exits_csv",
    "exits_frame",
    "filled_csv",
    "filling_text",
    "framed",
    "funds_summary",
    "funds_text",
    "hints_text",
    "legend_md",
    "movements_csv",
    "movements_frame",
    "report_html",
    "sensitivity_frame",
    "sources_csv",
    "sources_rows",
    "summary",
    "touched_files",
    "why_text",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "address": ("AddressPage", "RangeLine", "Standing"),
        "addresses": (
            "ABSENT",
            "SANCTIONED",
            "SAME_KEY_NAMED",
            "OUTSIDE",
            "NAMED",
            "EMPTY",
            "ANSWERS",
            "Asked",
            "AskedRow",
            "CAME",
            "MAYBE",
            "NONE",
            "NOT_LOOKED_FOR",
            "NO_ADDRESS",
            "NO_LIST",
            "NO_CHAIN",
            "ROBBED",
            "UNSUPPORTED",
            "WRONG_CHECKSUM",
            "asked_csv",
            "asked_frame",
            "asked_record",
            "asked_text",
        ),
        "address_words": ("EARNED", "NOT_FOLLOWED"),
        "annex_table": ("annex_csv", "annex_markdown", "annex_row"),
        "by_address": ("AddressRow", "address_csv", "address_frame", "address_rows", "address_text"),
        "card": ("card_html", "card_text"),
        "collected": ("collected_record", "collected_text"),
        "filling": ("filled_csv", "filling_text"),
        "frame": ("BY_SIZE", "Frame", "framed"),
        "frames": ("cashouts_frame", "compare_frame", "exits_frame", "movements_frame"),
        "funds": ("funds_summary", "funds_text", "sources_csv", "sources_rows"),
        "html": ("report_html",),
        "legend": ("legend_md",),
        "paths": ("Path", "Words"),
        "policy_narrative": ("Comparison",),
        "policy_table": ("compare_csv",),
        "sensitivity": ("sensitivity_frame",),
        "summary_json": ("summary",),
        "tables": ("CashoutRow", "cashouts_csv", "exits_csv", "movements_csv", "touched_files"),
        "text": ("aligned", "cases_text", "cashout_text", "checkpoint_text", "compare_text", "hints_text", "why_text"),
        "wording": ("amount_text", "asset_names", "display_order"),
    },
)
