"""The JSON API: the same reads and orders as the pages, for scripts that hold a token, and for pages with a panel."""

from typing import Any

from dambridge.console.api import bringing, finding, hooks, ordering, vocabularies
from dambridge.console.api.routes import router

_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture.",
        "content": {
            f"image/{kind}": {"schema": {"type": "string", "format": "binary"}}
            for kind in ("jpeg", "png", "gif", "webp")
        },
    }
}
for _path, _endpoint in (
    ("/search", finding.search),
    ("/search/suggestions", finding.suggestions),
    ("/search/homes", finding.homes),
    ("/search/orders/{order}", bringing.brought),
    ("/ordered", bringing.ordered),
    ("/pairing", ordering.pairs),
    ("/probes/{account}/changes", ordering.changes),
    ("/vocabularies", vocabularies.every),
    ("/webhooks", hooks.webhooks),
    ("/webhooks/{endpoint}/deliveries", hooks.deliveries),
):
    router.add_api_route(_path, _endpoint, methods=["GET"])
router.add_api_route(
    "/search/thumbnails/{asset}", finding.thumbnail, methods=["GET"], response_class=finding.Picture, responses=_PICTURE
)
router.add_api_route(
    "/vocabularies/{account}",
    vocabularies.take_out,
    methods=["GET"],
    response_class=vocabularies.File,
    responses=vocabularies.GIVES,
)
router.add_api_route(
    "/vocabularies/{account}", vocabularies.bring_in, methods=["PUT"], openapi_extra=vocabularies.TAKES
)
for _path, _order in (
    ("/pairing/compare", ordering.compare),
    ("/probes", ordering.probe),
    ("/index/rebuild", ordering.refill),
    ("/store/rebuild", ordering.rebuild),
    ("/plans/retention", ordering.plan_retention),
):
    router.add_api_route(_path, _order, methods=["POST"], status_code=202)
router.add_api_route("/pairing/decisions", ordering.decide, methods=["POST"])
router.add_api_route("/pairing/plan", ordering.activate, methods=["POST"], status_code=201)
router.add_api_route("/search/orders", bringing.bring, methods=["POST"], status_code=202)
router.add_api_route("/ordered/take-back", bringing.take_back, methods=["POST"], status_code=202)
router.add_api_route("/panel-tokens", bringing.panel_token, methods=["POST"], status_code=201)
router.add_api_route("/webhooks/{endpoint}", hooks.about, methods=["POST"], status_code=202)

__all__ = ["router"]
