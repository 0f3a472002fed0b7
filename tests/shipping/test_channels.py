"""Every channel keeps the same promises."""

from collections.abc import Callable
from pathlib import Path

import pytest

from microcosm_sqlite.artifacts.manifest import Manifest
from microcosm_sqlite.artifacts.verification import verify
from microcosm_sqlite.errors import ArtifactNotFoundError, SealError
from microcosm_sqlite.shipping.channels import Channel, Locator
from microcosm_sqlite.shipping.folder import FolderChannel

Stage = Callable[..., tuple[Path, Manifest]]


class ChannelContract:
    """What any channel must do; subclass it with a fixture `channel` to hold another implementation to it."""

    def test_what_was_published_is_located(self, channel: Channel, stage: Stage) -> None:
        """The artifact returned is the one that is found, and it verifies."""
        artifact = channel.publish(*stage("1.0"))

        assert channel.locate("world") == artifact.path
        assert verify(artifact.path) == artifact

    def test_the_last_release_is_located(self, channel: Channel, stage: Stage) -> None:
        """A later release takes the place of an earlier one."""
        channel.publish(*stage("1.0"))
        channel.publish(*stage("2.0"))

        assert verify(channel.locate("world")).manifest.version == "2.0"

    def test_names_do_not_meet(self, channel: Channel, stage: Stage) -> None:
        """Data sets are published independently."""
        channel.publish(*stage("1.0"))
        channel.publish(*stage("2.0", name="moon"))

        assert verify(channel.locate("world")).manifest.name == "world"
        assert verify(channel.locate("moon")).manifest.name == "moon"

    def test_a_missing_name_is_an_error(self, channel: Channel) -> None:
        """Nothing is located that was not published."""
        with pytest.raises(ArtifactNotFoundError):
            channel.locate("world")

    def test_a_failed_publication_leaves_the_old_release(self, channel: Channel, stage: Stage) -> None:
        """All or nothing."""
        channel.publish(*stage("1.0"))
        staged, _ = stage("2.0")
        _, manifest = stage("3.0")

        with pytest.raises(SealError):
            channel.publish(staged, manifest)

        assert verify(channel.locate("world")).manifest.version == "1.0"


class TestFolderChannel(ChannelContract):
    @pytest.fixture
    def channel(self, folder: Path) -> Channel:
        """Return a folder as the channel under test."""
        return FolderChannel(folder)


def test_a_channel_locates_for_readers_too(folder: Path) -> None:
    """Whoever can publish can be asked where things are."""
    locator: Locator = FolderChannel(folder)

    with pytest.raises(ArtifactNotFoundError):
        locator.locate("world")
