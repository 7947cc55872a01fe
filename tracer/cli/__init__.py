"""The command line: the verbs of the notebook, for a shell. Results on stdout or in files, words on stderr."""

from tracer.cli.app import app, main

__all__ = ["app", "main"]
