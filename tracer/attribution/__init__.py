"""Loads, validates and indexes ``addresses/``: who is behind an address, who says so, since when."""

from tracer.attribution.labels import LabelIndex, as_of_date, label_notes, labels_to_csv, read_labels
from tracer.attribution.lists import load_sanctions
from tracer.attribution.registry import (
    all_statements,
    load_incident,
    load_incidents,
    load_registry_labels,
    load_service_labels,
    load_services,
    release_date,
)
from tracer.attribution.why import in_force, same_key, why

__all__ = [
    "LabelIndex",
    "all_statements",
    "as_of_date",
    "in_force",
    "label_notes",
    "labels_to_csv",
    "load_incident",
    "load_incidents",
    "load_registry_labels",
    "load_sanctions",
    "load_service_labels",
    "load_services",
    "read_labels",
    "release_date",
    "same_key",
    "why",
]
