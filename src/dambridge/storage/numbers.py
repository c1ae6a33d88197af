"""Numbers in file names: one for each asset of a series, the same one however often it asks."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select

from dambridge.model.identity import AccountId, LinkId
from dambridge.storage.counting import next_number
from dambridge.storage.tables.words import name_numbers


def number_of(conn: Connection, account: AccountId, series: str, link: LinkId) -> int:
    """The asset's number in this series, handed out if it has none yet. The counter's row is locked first, so that two
    workers who ask for the same asset at once get the same number, and no number is left out."""
    counter = f"name:{account}:{series}"
    next_number(conn, counter, by=0)
    mine = name_numbers.c
    here = (mine.account == account) & (mine.series == series)
    known = conn.execute(select(mine.number).where(here & (mine.link == link))).scalar_one_or_none()
    if known is not None:
        return int(known)
    number = next_number(conn, counter)
    conn.execute(insert(name_numbers).values(account=account, series=series, number=number, link=link))
    return number
