"""Deep links for people (section 8.3): a portal's page, and the application's, lead to the simulator's own page of an asset."""

from __future__ import annotations

from dambridge_sim.kit.call import Call, Reply

_PAGE = """<!doctype html><meta charset="utf-8"><title>NetX (simulated)</title>
<p>The asset is shown on <a id="way" href="/">the simulator's page</a>.</p>
<script>
const found = location.hash.match(/^#asset\\/(\\d+)/);
if (found) { document.getElementById("way").href = "/?asset=" + found[1]; location.replace("/?asset=" + found[1]); }
</script>
"""


async def portal(_call: Call) -> Reply:
    """`GET /portals/{slug}/#asset/{id}`: the id is in the fragment, which no server sees."""
    return page()


def no_such_path() -> Reply:
    """What stands at no address."""
    return Reply.json({"error": {"code": 404, "message": "Not found"}}, status=404)


def page() -> Reply:
    """The page that reads the fragment."""
    return Reply.raw(_PAGE.encode(), "text/html; charset=utf-8")
