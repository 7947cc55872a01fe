"""``addresses/``: loads, validates and indexes who is behind an address, who says so, since when."""

from typing import TYPE_CHECKING

from tracer.lazy import exports

if TYPE_CHECKING:
    from tracer.registry.derived import write_made
    from tracer.registry.importers import FORMATS, ftm, import_file, label_table, ofac, tagpack
    from tracer.registry.importers.imported import Imported
    from tracer.registry.labels import (
        LabelIndex,
        as_of_date,
        ended,
        holds_at,
        interval_of,
        label_notes,
        labels_to_csv,
        read_labels,
    )
    from tracer.registry.lists import load_sanctions
    from tracer.registry.load import (
        all_statements,
        load_incident,
        load_incidents,
        load_registry_labels,
        load_service_labels,
        load_services,
        release_date,
    )
    from tracer.registry.own import OWN_RANK, add_label, remove_label
    from tracer.registry.store import LabelStore, default_path
    from tracer.registry.tallies import counts
    from tracer.registry.validation import Problem, validate
    from tracer.registry.who_says import SAME_KEY, in_force, same_key, why

__all__ = [
    "FORMATS",
    "OWN_RANK",
    "SAME_KEY",
    "Imported",
    "LabelIndex",
    "LabelStore",
    "Problem",
    "add_label",
    "all_statements",
    "as_of_date",
    "counts",
    "default_path",
    "ended",
    "ftm",
    "holds_at",
    "import_file",
    "in_force",
    "interval_of",
    "label_notes",
    "label_table",
    "labels_to_csv",
    "load_incident",
    "load_incidents",
    "load_registry_labels",
    "load_sanctions",
    "load_service_labels",
    "load_services",
    "ofac",
    "read_labels",
    "release_date",
    "remove_label",
    "same_key",
    "tagpack",
    "validate",
    "why",
    "write_made",
]

__getattr__, __dir__ = exports(
    __name__,
    {
        "derived": ("write_made",),
        "importers": ("FORMATS", "ftm", "import_file", "label_table", "ofac", "tagpack"),
        "importers.imported": ("Imported",),
        "labels": (
            "LabelIndex",
            "as_of_date",
            "ended",
            "holds_at",
            "interval_of",
            "label_notes",
            "labels_to_csv",
            "read_labels",
        ),
        "lists": ("load_sanctions",),
        "load": (
            "all_statements",
            "load_incident",
            "load_incidents",
            "load_registry_labels",
            "load_service_labels",
            "load_services",
            "release_date",
        ),
        "own": ("OWN_RANK", "add_label", "remove_label"),
        "store": ("LabelStore", "default_path"),
        "tallies": ("counts",),
        "validation": ("Problem", "validate"),
        "who_says": ("SAME_KEY", "in_force", "same_key", "why"),
    },
)
