"""The bundle: raw replies by their hash, the tables derived from them, and how one is opened."""

from tracer.sources.bundle.opened import Bundle, bundle_of, open_bundle

__all__ = ["Bundle", "bundle_of", "open_bundle"]
