"""Ways to people: the edge to the library that knows mail, chats and a hundred more."""

from dambridge.notices.by_apprise import AppriseNotifier, usable_address

__all__ = ["AppriseNotifier", "usable_address"]
