"""How long property tests look: briefly by default, long with `HYPOTHESIS_PROFILE=long`.

No deadline per example: on a machine that several test processes share, a slow example says nothing about the code.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("quick", deadline=None, suppress_health_check=_PATIENT)
settings.register_profile("long", deadline=None, suppress_health_check=_PATIENT, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
