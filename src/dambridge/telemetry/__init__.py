"""What dambridge says of itself: names of events, words for reasons, figures, log set-up with redaction."""

from dambridge.telemetry.figures import percentile
from dambridge.telemetry.lint_words import lint_words
from dambridge.telemetry.logs import configure
from dambridge.telemetry.wording import next_move, words

__all__ = ["configure", "lint_words", "next_move", "percentile", "words"]
