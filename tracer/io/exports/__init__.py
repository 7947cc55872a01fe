"""Exports of explorers, warehouses and tracing tools, read into the tables a case folder holds."""

from tracer.io.exports.export import Export
from tracer.io.exports.forms import FORMATS
from tracer.io.exports.reading import read_files
from tracer.io.exports.records import Options
from tracer.io.exports.write import write_case

__all__ = ["FORMATS", "Export", "Options", "read_files", "write_case"]
