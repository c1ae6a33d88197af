"""The JSON API: the same reads and orders as the pages, for scripts that hold a token."""

from dambridge.console.api.finding import search, suggestions
from dambridge.console.api.hooks import about, deliveries, webhooks
from dambridge.console.api.routes import router

for _path, _endpoint in (
    ("/search", search),
    ("/search/suggestions", suggestions),
    ("/webhooks", webhooks),
    ("/webhooks/{endpoint}/deliveries", deliveries),
):
    router.add_api_route(_path, _endpoint, methods=["GET"])
router.add_api_route("/webhooks/{endpoint}", about, methods=["POST"], status_code=202)

__all__ = ["router"]
