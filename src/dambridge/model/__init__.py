"""The nouns of dambridge: frozen values that every room may know. This package imports nothing of ours and does no IO."""
