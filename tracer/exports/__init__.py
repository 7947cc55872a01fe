"""Exports of explorers, warehouses and tracing tools, read into the tables a case folder holds."""

from tracer.exports.forms import FORMATS
from tracer.exports.reading import Export, read_files
from tracer.exports.records import Options
from tracer.exports.write import write_case

__all__ = ["FORMATS", "Export", "Options", "read_files", "write_case"]
