"""One NetX account with all its facets over one client."""

from __future__ import annotations

from dambridge.connectors.kit import Http
from dambridge.connectors.netx.archive import NetxArchive
from dambridge.connectors.netx.attachments import NetxAttachments
from dambridge.connectors.netx.client import NetxClient
from dambridge.connectors.netx.config import NetxOptions
from dambridge.connectors.netx.finding import NetxFinder
from dambridge.connectors.netx.folders import Folders
from dambridge.connectors.netx.hints import NetxHintReader, NetxSelectionReader
from dambridge.connectors.netx.looking import AssetLooker
from dambridge.connectors.netx.pictures import NetxPictures
from dambridge.connectors.netx.reading import NetxReader
from dambridge.connectors.netx.routes import AttributeRoutes
from dambridge.model.identity import AccountId, System
from dambridge.ports.connection import Connection
from dambridge.ports.pace import Pacer


def connect(
    options: NetxOptions, *, account: AccountId, pacer: Pacer, http: Http, routes: AttributeRoutes | None = None
) -> Connection:
    """The account's facets. Nothing is called before the first use. `routes` are how attributes are written; without them
    the options alone say so.

    NetX shows nobody's permissions over its API (NX 11), hence no `audience`."""
    client = NetxClient(options, account=account, pacer=pacer, http=http)
    folders, looker = Folders(client), AssetLooker(client, ids_per_call=options.ids_per_call)
    archive = NetxArchive(options, account=account, client=client, folders=folders, looker=looker, routes=routes)
    pictures = NetxPictures(client)
    return Connection(
        account=account,
        system=System.NETX,
        reader=NetxReader(options, account=account, client=client, folders=folders, looker=looker),
        archive=archive,
        audience=None,
        attachments=NetxAttachments(client),
        finder=NetxFinder(client, pictures),
        hints=NetxHintReader(options.hooks, account=account),
        renditions=pictures,
        selections=_selections(options, account),
        close=archive.close,
    )


def _selections(options: NetxOptions, account: AccountId) -> NetxSelectionReader | None:
    return NetxSelectionReader(options.custom_action, account=account) if options.custom_action is not None else None
