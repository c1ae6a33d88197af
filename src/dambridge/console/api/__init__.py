"""The JSON API: the same reads and orders as the pages, for scripts that hold a token."""

from dambridge.console.api.routes import router

__all__ = ["router"]
