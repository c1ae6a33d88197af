"""The JSON API: the same reads and orders as the pages, for scripts that hold a token."""

from dambridge.console.api.finding import search, suggestions
from dambridge.console.api.routes import router

for _path, _endpoint in (("/search", search), ("/search/suggestions", suggestions)):
    router.add_api_route(_path, _endpoint, methods=["GET"])

__all__ = ["router"]
