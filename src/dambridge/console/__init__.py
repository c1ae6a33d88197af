"""The web console and the JSON API: pages over read models; a person's orders go to the engine as commands.

A module for each screen: what it reads, its routes; its template has the same name. Nothing here decides anything about assets.
"""

from dambridge.console.app import make_app
from dambridge.console.desk import Desk
from dambridge.console.serving import console_served

__all__ = ["Desk", "console_served", "make_app"]
