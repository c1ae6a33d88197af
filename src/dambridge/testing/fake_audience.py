"""Containers and their audience in memory: the `AudienceKeeper` port without a network, and the person who prepares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dambridge.model.identity import RemoteId
from dambridge.model.records import Container
from dambridge.ports.audience import Audience, Grant, Visibility
from dambridge.ports.errors import MovedOn, Refused, Unclear
from dambridge.ports.pace import Lane

_NARROW = (Visibility.EVERYONE, Visibility.PERMISSION, Visibility.PRIVATE)


@dataclass(slots=True, kw_only=True)
class FakeContainer:
    """What the fake keeps of a container; tests may look at it."""

    name: str
    mode: Visibility
    parents: tuple[RemoteId, ...] = ()
    inherits: bool = True
    grants: tuple[Grant, ...] = ()


@dataclass(slots=True)
class FakeAudience:
    """Passes `AudienceContract`, as keeper and as its administrator. `settable` is whether it may be opened and shut."""

    settable: bool = True
    containers: dict[RemoteId, FakeContainer] = field(default_factory=dict)
    changes: list[tuple[RemoteId, Visibility]] = field(default_factory=list)
    files: dict[RemoteId, tuple[RemoteId, ...]] = field(default_factory=dict)
    _lose_next: bool = False

    # The port

    async def audience(self, container: RemoteId, *, lane: Lane) -> Audience:
        it = self._known(container)
        above = [self.containers[parent] for parent in it.parents] if it.inherits else []
        return Audience(
            container=container,
            own=it.mode,
            effective=self._effective(it),
            inherits=it.inherits,
            listed=None,
            grants=(*it.grants, *(grant for each in above for grant in each.grants)),
        )

    async def places(self, remote_id: RemoteId, *, lane: Lane) -> Sequence[Container]:
        if remote_id not in self.files:
            raise MovedOn(f"file {remote_id} is gone")
        return [
            Container(it, "/".join([*above, self.containers[it].name]))
            for it in self.files[remote_id]
            for above in [[self.containers[one].name] for one in self.containers[it].parents] or [[]]
        ]

    async def set_visibility(self, container: RemoteId, mode: Visibility, *, lane: Lane) -> None:
        if not self.settable:
            raise Refused("this account has no proven way to open a container")
        self._known(container).mode = mode
        self.changes.append((container, mode))
        if self._lose_next:
            self._lose_next = False
            raise Unclear("the reply to set_visibility was lost")

    def _known(self, container: RemoteId) -> FakeContainer:
        if container not in self.containers:
            raise MovedOn(f"container {container} is gone")
        return self.containers[container]

    def _effective(self, it: FakeContainer) -> Visibility:
        above = [self._effective(self.containers[parent]) for parent in it.parents] if it.inherits else []
        return max([it.mode, *above], key=_NARROW.index)

    # For tests

    def lose_next_reply(self) -> None:
        """The next `set_visibility` is carried out, and its reply is lost."""
        self._lose_next = True

    async def collection(self, name: str, mode: Visibility, *, grants: Sequence[Grant] = ()) -> RemoteId:
        return self._add(FakeContainer(name=name, mode=mode, grants=tuple(grants)))

    async def gallery(
        self,
        name: str,
        mode: Visibility,
        *,
        within: Sequence[RemoteId],
        inherits: bool = True,
        grants: Sequence[Grant] = (),
        password: str = "",
    ) -> RemoteId:
        behind = [Grant("password", f"entry-{len(self.containers)}")] if password else []
        entries = (*grants, *behind)
        return self._add(FakeContainer(name=name, mode=mode, parents=tuple(within), inherits=inherits, grants=entries))

    async def set_mode(self, container: RemoteId, mode: Visibility) -> None:
        self._known(container).mode = mode

    async def file(self, within: Sequence[RemoteId]) -> RemoteId:
        made = RemoteId(f"file-{len(self.files) + 1}")
        self.files[made] = tuple(within)
        return made

    async def delete(self, file: RemoteId) -> None:
        del self.files[file]

    async def remove(self, container: RemoteId) -> None:
        del self.containers[container]

    def _add(self, it: FakeContainer) -> RemoteId:
        made = RemoteId(f"container-{len(self.containers) + 1}")
        self.containers[made] = it
        return made
