"""The ledger, the audit trail and the call budgets in SQL: SQLite by default, PostgreSQL for several workers."""

from dambridge.storage.journals import FileOrderJournal, FileOutsideJournal, FileTombstoneJournal
from dambridge.storage.ledger import SqlLedger
from dambridge.storage.opening import WorkerLock, is_embedded, lock_worker, open_ledger, open_pacer, open_search_index
from dambridge.storage.order_merging import merge_orders
from dambridge.storage.pacer import SqlPacer
from dambridge.storage.pairing import SqlPairingStore
from dambridge.storage.people import SqlPeopleStore
from dambridge.storage.picture_cache import FilePictureCache
from dambridge.storage.search_index import SqlSearchIndex
from dambridge.storage.tombstone_merging import merge_tombstones
from dambridge.storage.webhooks import SqlHintMemory, SqlHookStore

__all__ = [
    "FileOrderJournal",
    "FileOutsideJournal",
    "FilePictureCache",
    "FileTombstoneJournal",
    "SqlHintMemory",
    "SqlHookStore",
    "SqlLedger",
    "SqlPacer",
    "SqlPairingStore",
    "SqlPeopleStore",
    "SqlSearchIndex",
    "WorkerLock",
    "is_embedded",
    "lock_worker",
    "merge_orders",
    "merge_tombstones",
    "open_ledger",
    "open_pacer",
    "open_search_index",
]
