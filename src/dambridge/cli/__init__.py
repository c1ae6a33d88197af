"""The command line: parse, call, print. Every answer also comes as JSON, every refusal names the next move."""

from dambridge.cli.app import main

__all__ = ["main"]
