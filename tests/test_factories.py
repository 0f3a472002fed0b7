"""The component `graph.sqlite`: a name in, an engine with its sessions out."""

import os
import threading
from pathlib import Path
from time import time_ns
from typing import Any

import pytest
from microcosm.api import create_object_graph, load_from_environ
from sqlalchemy import inspect
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import NullPool

from microcosm_sqlite.artifacts.claims import Claims
from microcosm_sqlite.artifacts.hashing import file_digest
from microcosm_sqlite.artifacts.identity import identity_of
from microcosm_sqlite.artifacts.remembering import Memory
from microcosm_sqlite.engines.opening import never_changes
from microcosm_sqlite.errors import (
    ArtifactCorruptError,
    ConfigurationError,
    DataSetConflictError,
    DataSetNotFoundError,
    EmptyDataSetError,
    PinnedReleaseError,
    ReadOnlyDataSetError,
)
from tests.conftest import GraphFactory, close_graph
from tests.installed import SitePackages
from tests.kennel import Kennel, Owner, OwnerStore
from tests.sealed import copy_artifact


class TestCalling:
    def test_returns_engine_and_sessionmaker(self, graph: Any, kennel_path: Path) -> None:
        """The sessionmaker is bound to the engine, whose URL names the path."""
        engine, make_session = graph.sqlite("kennel")

        assert str(engine.url) == f"sqlite:///{kennel_path}"
        assert isinstance(make_session, sessionmaker)
        assert make_session.kw["bind"] is engine

    def test_same_ones_every_time(self, graph: Any) -> None:
        """A name has one engine, kept in `datasets`."""
        assert graph.sqlite.datasets == {}

        first = graph.sqlite("kennel")

        assert graph.sqlite("kennel") is first
        assert graph.sqlite.datasets == {"kennel": first}

    def test_default_is_memory(self, make_graph: GraphFactory) -> None:
        """What is found nowhere is in memory."""
        engine, _ = make_graph().sqlite("kennel")

        assert engine.url.database == ":memory:"

    def test_default_path(self, make_graph: GraphFactory, kennel_path: Path) -> None:
        """`sqlite.path` is for all names without a path of their own."""
        assert OwnerStore(make_graph(path=kennel_path)).count() == 3

    def test_relative_paths_start_at_the_working_directory(
        self, make_graph: GraphFactory, kennel_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As in 2.0.0."""
        monkeypatch.chdir(kennel_path.parent)

        assert OwnerStore(make_graph(paths={"kennel": "kennel.sqlite"})).count() == 3

    def test_graphs_do_not_share(self, make_graph: GraphFactory) -> None:
        """Each graph has its own memory database."""
        first, second = make_graph(), make_graph()
        Kennel.create_all(first)

        with pytest.raises(EmptyDataSetError):
            OwnerStore(second).count()

    def test_many_threads_get_one_engine(self, graph: Any) -> None:
        """Threads that ask at the same moment get the same."""
        graph.use("sqlite")
        barrier, found = threading.Barrier(16), []

        def ask() -> None:
            barrier.wait(timeout=20)
            found.append(graph.sqlite("kennel"))

        threads = [threading.Thread(target=ask) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)

        assert len(found) == 16
        assert all(each is found[0] for each in found)

    def test_an_artifact_that_arrives_later_is_opened_as_one(
        self, make_graph: GraphFactory, tmp_path: Path, artifact_path: Path
    ) -> None:
        """A service that started before its data was shipped gets the sealed engine once it is there."""
        path = tmp_path / "late.sqlite"
        graph = make_graph(paths={"kennel": path})
        store = OwnerStore(graph)
        with pytest.raises(DataSetNotFoundError):
            store.count()

        copy_artifact(artifact_path, path)

        assert store.count() == 3
        assert never_changes(graph.sqlite("kennel")[0])


class TestPaths:
    def test_getitem(self, graph: Any, kennel_path: Path) -> None:
        """The configured path, or KeyError; the default path is not asked."""
        assert graph.sqlite["kennel"] == kennel_path
        with pytest.raises(KeyError, match="bar"):
            graph.sqlite["bar"]

    def test_setitem(self, graph: Any) -> None:
        """A path can be set by name."""
        graph.sqlite["bar"] = "/srv/bar.db"

        assert graph.sqlite["bar"] == "/srv/bar.db"

    def test_setitem_after_use(self, graph: Any, tmp_path: Path) -> None:
        """A new path holds from now on, and the old file is left alone."""
        before = OwnerStore(graph).count()
        graph.sqlite["kennel"] = tmp_path / "other.sqlite"
        Kennel.create_all(graph)

        assert (before, OwnerStore(graph).count()) == (3, 0)

    def test_paths_hold_what_was_configured(self, graph: Any, kennel_path: Path) -> None:
        """Besides what is installed, exactly the configured dict."""
        installed = set(graph.sqlite.paths.installed.names())
        own = {name: path for name, path in graph.sqlite.paths.items() if name not in installed}

        assert own == {"kennel": kennel_path}

    def test_paths_are_a_mapping(self, graph: Any, kennel_path: Path) -> None:
        """They have a length, can be walked, changed and printed."""
        paths = graph.sqlite.paths
        before = len(paths)
        paths["bar"] = "/srv/bar.db"
        del paths["kennel"]

        assert len(paths) == before
        assert "kennel" not in paths
        assert "'bar': '/srv/bar.db'" in repr(paths)

    @pytest.mark.parametrize("name", ["items", "keys", "update", "World-Cup", "WORLD", "with space"])
    def test_any_name_can_be_configured_as_text(self, make_graph: GraphFactory, name: str, kennel_path: Path) -> None:
        """A name that no configuration key can have goes into the text form."""
        graph = make_graph(paths=f"{name}={kennel_path}")

        assert graph.sqlite[name] == str(kennel_path)

    def test_environment(self, monkeypatch: pytest.MonkeyPatch, kennel_path: Path) -> None:
        """An environment variable configures a path, in lower case with underscores for the rest."""
        monkeypatch.setenv("KENNELS__SQLITE__PATHS__WORLD_CUP", str(kennel_path))
        monkeypatch.setenv("KENNELS__SQLITE__READ_ONLY", "false")
        graph = create_object_graph("kennels", testing=True, loader=load_from_environ)
        sqlite: Any = graph.sqlite

        assert sqlite["World-Cup"] == str(kennel_path)
        assert sqlite.read_only is False

    def test_environment_with_names_as_text(self, monkeypatch: pytest.MonkeyPatch, kennel_path: Path) -> None:
        """One variable holds names that the environment could not spell."""
        monkeypatch.setenv("KENNELS__SQLITE__PATHS", f"kennel={kennel_path},items=/srv/items.db")
        graph = create_object_graph("kennels", testing=True, loader=load_from_environ)

        assert OwnerStore(graph).count() == 3
        close_graph(graph)


class TestSettings:
    def test_attributes(self, make_graph: GraphFactory) -> None:
        """The settings can be read as in 2.0.0."""
        sqlite = make_graph(path="/srv/a.db", echo="yes", use_foreign_keys="no", read_only="0", autocommit=True).sqlite

        assert (sqlite.default_path, sqlite.echo, sqlite.use_foreign_keys) == ("/srv/a.db", True, False)
        assert (sqlite.read_only, sqlite.autocommit) == (False, True)

    def test_wrong_boolean(self, make_graph: GraphFactory) -> None:
        """A word that means neither stops the component, with the key and the value."""
        with pytest.raises(ConfigurationError, match=r"sqlite\.read_only: expected true or false, found 'perhaps'"):
            make_graph(read_only="perhaps").use("sqlite")

    def test_echo(self, make_graph: GraphFactory, kennel_path: Path) -> None:
        """The engine echoes when asked to."""
        engine, _ = make_graph(paths={"kennel": kennel_path}, echo=True).sqlite("kennel")

        assert engine.echo is True

    def test_poolclass(self, make_graph: GraphFactory, kennel_path: Path) -> None:
        """The key of 1.0.11 is heeded, also as text."""
        graph = make_graph(paths={"kennel": kennel_path}, poolclass="sqlalchemy.pool.NullPool")

        assert isinstance(graph.sqlite("kennel")[0].pool, NullPool)

    def test_read_only(self, make_graph: GraphFactory, kennel_path: Path) -> None:
        """With `read_only` a plain file is read and not written."""
        graph = make_graph(paths={"kennel": kennel_path}, read_only="true")
        before = kennel_path.read_bytes()

        assert OwnerStore(graph).count() == 3
        with Kennel.new_context(graph), pytest.raises(ReadOnlyDataSetError, match="it was opened with read_only"):
            OwnerStore().create(Owner(name="Dora"))
        assert kennel_path.read_bytes() == before


class TestCreating:
    def test_a_new_file_is_committed_with_the_block(self, make_graph: GraphFactory, tmp_path: Path) -> None:
        """At the end of the block the file is there with its tables."""
        graph = make_graph(paths={"kennel": tmp_path / "new.sqlite"})
        with graph.sqlite.creating("kennel") as connection:
            connection.exec_driver_sql("CREATE TABLE dog (id)")

        assert inspect(graph.sqlite("kennel")[0]).get_table_names() == ["dog"]

    def test_a_new_file_goes_when_the_block_fails(self, make_graph: GraphFactory, tmp_path: Path) -> None:
        """Nothing half-made stays behind, and the name is as it was before."""
        graph = make_graph(paths={"kennel": tmp_path / "new.sqlite"})
        with pytest.raises(LookupError), graph.sqlite.creating("kennel"):
            raise LookupError

        assert list(tmp_path.iterdir()) == []
        with pytest.raises(DataSetNotFoundError):
            OwnerStore(graph).count()

    def test_an_existing_file_stays_when_the_block_fails(self, graph: Any) -> None:
        """What the block did is undone, and only that."""
        with pytest.raises(LookupError), graph.sqlite.creating("kennel") as connection:  # noqa: PT012
            connection.exec_driver_sql("DROP TABLE visit")
            raise LookupError

        assert "visit" in inspect(graph.sqlite("kennel")[0]).get_table_names()

    def test_a_file_that_was_removed_is_made_again(self, graph: Any, kennel_path: Path) -> None:
        """Someone deleted the file after it was bound: creating makes a new one."""
        with Kennel.new_context(graph):
            OwnerStore().count()
        Kennel.dispose(graph)
        kennel_path.unlink()
        Kennel.create_all(graph)

        assert OwnerStore(graph).count() == 0

    def test_folder_that_is_missing(self, make_graph: GraphFactory, tmp_path: Path) -> None:
        """The message names the file and why it could not be made."""
        path = tmp_path / "none" / "new.sqlite"

        with pytest.raises(DataSetNotFoundError) as raised:
            Kennel.create_all(make_graph(paths={"kennel": path}))

        assert str(raised.value).endswith(
            f"{path} could not be created: No such file or directory. Correct the path, or create its folder."
        )

    @pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a file system that refuses even root")  # noqa: PTH112
    def test_folder_that_nobody_may_write(self, make_graph: GraphFactory) -> None:
        """A refusal of the operating system is our error."""
        with pytest.raises(DataSetNotFoundError, match=r"/proc/self/new\.sqlite could not be created"):
            Kennel.create_all(make_graph(paths={"kennel": "/proc/self/new.sqlite"}))

    def test_threads_that_create_at_once(self, make_graph: GraphFactory, tmp_path: Path) -> None:
        """Services that all call create_all when they start do not trip over each other."""
        graph = make_graph(paths={"kennel": tmp_path / "new.sqlite"})
        graph.use("sqlite")
        barrier, errors = threading.Barrier(8), []

        def create() -> None:
            barrier.wait(timeout=20)
            try:
                Kennel.create_all(graph)
            except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
                errors.append(error)

        threads = [threading.Thread(target=create) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=30)

        assert errors == []
        assert OwnerStore(graph).count() == 0


class TestInstalled:
    """Distributions that announce data sets, each a real dist-info folder."""

    @pytest.mark.parametrize(
        "code",
        [
            "def kennel(graph):\n    return {path!r} if graph.metadata.testing else None",
            "def kennel():\n    return {path!r}",
            "kennel = lambda graph: __import__('pathlib').Path({path!r})",
            "kennel = {path!r}",
            "import pathlib\nkennel = pathlib.Path({path!r})",
            "from importlib.resources import files\nkennel = files('microcosm_sqlite') / {path!r}",
            "class kennel:\n    __data_set__ = 'kennel'\n    __artifact__ = {path!r}",
        ],
        ids=["function of the graph", "function", "lambda", "text", "path", "traversable", "data set"],
    )
    def test_every_kind_of_entry_point(
        self, site_packages: SitePackages, make_graph: GraphFactory, artifact_path: Path, code: str
    ) -> None:
        """A function, a path, a traversable or a data set class leads to the file."""
        site_packages.install(
            "carrier", entry_points={"kennel": "carrier:kennel"}, code=code.format(path=str(artifact_path))
        )

        assert OwnerStore(make_graph()).count() == 3

    def test_data_set_class_with_its_artifact_beside_it(
        self, site_packages: SitePackages, make_graph: GraphFactory, artifact_path: Path
    ) -> None:
        """Without further words the artifact lies beside the module, under the data set's name."""
        module = site_packages.install(
            "carrier",
            entry_points={"kennel": "carrier:Kennel"},
            code="""
            from sqlalchemy.orm import DeclarativeBase
            from microcosm_sqlite import DataSet
            class Kennel(DataSet, DeclarativeBase):
                __data_set__ = "kennel"
            """,
        )
        copy_artifact(artifact_path, module.with_name("kennel.sqlite"))

        assert OwnerStore(make_graph()).count() == 3

    def test_configuration_wins(self, site_packages: SitePackages, make_graph: GraphFactory, kennel_path: Path) -> None:
        """A configured path makes the entry point irrelevant: it is not even loaded."""
        site_packages.install("carrier", entry_points={"kennel": "carrier:kennel"}, code="raise RuntimeError")

        assert OwnerStore(make_graph(paths={"kennel": kennel_path})).count() == 3

    def test_entry_point_wins_over_the_default_path(
        self, site_packages: SitePackages, make_graph: GraphFactory, artifact_path: Path, tmp_path: Path
    ) -> None:
        """What is installed comes before `sqlite.path`."""
        site_packages.install(
            "carrier", entry_points={"kennel": "carrier:kennel"}, code=f"kennel = {str(artifact_path)!r}"
        )

        assert OwnerStore(make_graph(path=tmp_path / "other.sqlite")).count() == 3

    def test_shown_in_paths(self, site_packages: SitePackages, make_graph: GraphFactory, artifact_path: Path) -> None:
        """`graph.sqlite[name]` and `paths` know what is installed."""
        site_packages.install(
            "carrier", entry_points={"kennel": "carrier:kennel"}, code=f"kennel = {str(artifact_path)!r}"
        )
        graph = make_graph()

        assert graph.sqlite["kennel"] == artifact_path
        assert "kennel" in graph.sqlite.paths

    def test_a_broken_neighbour_does_no_harm(
        self, site_packages: SitePackages, make_graph: GraphFactory, artifact_path: Path
    ) -> None:
        """Only the entry point asked for is loaded."""
        site_packages.install("broken", entry_points={"cattery": "broken:nothing"}, code="raise RuntimeError('broken')")
        site_packages.install(
            "carrier", entry_points={"kennel": "carrier:kennel"}, code=f"kennel = {str(artifact_path)!r}"
        )

        assert OwnerStore(make_graph()).count() == 3

    def test_two_distributions_claim_one_name(self, site_packages: SitePackages, make_graph: GraphFactory) -> None:
        """The message names both, with versions and values, and the setting that decides."""
        for distribution, version in (("carrier_one", "1.0"), ("carrier_two", "2.0")):
            site_packages.install(
                distribution, version=version, entry_points={"kennel": f"{distribution}:kennel"}, code="kennel = '/x'"
            )

        with pytest.raises(DataSetConflictError) as raised:
            make_graph().sqlite("kennel")

        assert str(raised.value) == (
            "data set 'kennel' is claimed by 2 distributions: "
            "carrier_one 1.0 (carrier_one:kennel); carrier_two 2.0 (carrier_two:kennel). "
            "Uninstall all but one, or choose one by configuring sqlite.paths.kennel."
        )

    def test_two_claims_are_settled_by_configuration(
        self, site_packages: SitePackages, make_graph: GraphFactory, kennel_path: Path
    ) -> None:
        """What the message proposes works."""
        for distribution in ("carrier_one", "carrier_two"):
            site_packages.install(distribution, entry_points={"kennel": f"{distribution}:kennel"}, code="kennel = '/x'")

        assert OwnerStore(make_graph(paths={"kennel": kennel_path})).count() == 3

    def test_announced_but_not_there(
        self, site_packages: SitePackages, make_graph: GraphFactory, tmp_path: Path
    ) -> None:
        """A distribution that lost its file: the message names the file and the places that were looked at."""
        path = tmp_path / "lost.sqlite"
        site_packages.install("carrier", entry_points={"kennel": "carrier:kennel"}, code=f"kennel = {str(path)!r}")

        with pytest.raises(DataSetNotFoundError) as raised:
            OwnerStore(make_graph()).count()

        message = str(raised.value)
        assert message.startswith(
            "data set 'kennel' was not found. Looked at: configuration sqlite.paths.kennel (not set); "
            "entry points of group microcosm.sqlite (installed: "
        )
        assert "kennel" in message.partition("(installed: ")[2].partition(")")[0]
        assert f"There is no file {path}." in message

    @pytest.mark.parametrize(
        ("code", "reason"),
        [
            ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
            ("def kennel(graph):\n    raise LookupError('no region')", "LookupError: no region"),
            ("", "AttributeError"),
            ("kennel = 7", "TypeError: expected a path, a Traversable or a data set class, found 7"),
            ("def kennel():\n    return None", "found None"),
        ],
        ids=["import", "call", "attribute", "number", "nothing"],
    )
    def test_broken_entry_point(
        self, site_packages: SitePackages, make_graph: GraphFactory, code: str, reason: str
    ) -> None:
        """The message names the distribution, what went wrong and the way round; the cause is attached."""
        site_packages.install("carrier", entry_points={"kennel": "carrier:kennel"}, code=code)

        with pytest.raises(DataSetNotFoundError) as raised:
            make_graph().sqlite("kennel")

        message = str(raised.value)
        assert "the entry point of carrier 1.0 (carrier:kennel), which failed with" in message
        assert reason in message
        assert message.endswith("Repair or reinstall the distribution, or configure sqlite.paths.kennel.")
        assert raised.value.__cause__ is not None

    def test_nothing_is_scanned_before_a_data_set_is_asked_for(
        self, site_packages: SitePackages, make_graph: GraphFactory
    ) -> None:
        """Making the component costs no search through what is installed."""
        sqlite = make_graph().sqlite

        assert sqlite.paths._installed is None


class TestTrust:
    def test_a_damaged_artifact_is_refused_when_it_is_bound(
        self, make_graph: GraphFactory, artifact_path: Path
    ) -> None:
        """One flipped bit in a row is enough, and nothing needs to be configured for it."""
        damage(artifact_path)

        with pytest.raises(ArtifactCorruptError, match="the file digest"):
            make_graph(paths={"kennel": artifact_path}).sqlite("kennel")

    def test_by_its_size_it_is_bound_as_it_is(self, make_graph: GraphFactory, artifact_path: Path) -> None:
        """Who asks for no more than the length gets no more."""
        damage(artifact_path)

        assert make_graph(paths={"kennel": artifact_path}, verify="size").sqlite("kennel")

    @pytest.mark.parametrize("verify", ["never", True, None, ""])
    def test_other_words(self, make_graph: GraphFactory, verify: Any) -> None:
        """A policy that is none is no silent default."""
        with pytest.raises(ConfigurationError, match=r"sqlite\.verify"):
            make_graph(verify=verify).use("sqlite")

    def test_pins(self, make_graph: GraphFactory, artifact_path: Path) -> None:
        """A release other than the pinned one is refused; text from the environment will do."""
        paths = {"kennel": artifact_path}

        assert make_graph(paths=paths, pins="kennel=1.0").sqlite("kennel")
        with pytest.raises(PinnedReleaseError):
            make_graph(paths=paths, pins={"kennel": "1.1"}).sqlite("kennel")

    def test_the_next_process_reads_no_more_than_it_must(
        self, make_graph: GraphFactory, artifact_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What one process verified is in the cache folder that the environment names."""
        cache = tmp_path / "cache"
        monkeypatch.setenv("MICROCOSM_SQLITE_CACHE", str(cache))
        claims = Claims("kennel", "1.0", file_digest(artifact_path))
        Memory(cache, now_ns=time_ns, known={}).remember(identity_of(artifact_path), claims)
        monkeypatch.delattr("microcosm_sqlite.artifacts.hashing.file_digest")

        assert make_graph(paths={"kennel": artifact_path}).sqlite("kennel")


def damage(path: Path) -> None:
    """Flip one bit in the middle of the file at *path*."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
