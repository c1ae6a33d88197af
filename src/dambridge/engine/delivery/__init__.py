"""Bytes and fields on their way into an account: fetched, delivered once, described, proven, written down."""
