"""Plug SQLAlchemy's test machinery into pytest, on the driver of the chosen target."""

import os
from collections.abc import Callable
from typing import Any

import pytest

pytest.register_assert_rewrite("sqlalchemy.testing.assertions")

# A dialect from outside SQLAlchemy has to ask for the provisioning of its database: it attaches `test_schema`.
import sqlalchemy.dialects.sqlite.provision  # noqa: E402, F401
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite  # noqa: E402
from sqlalchemy.testing import config  # noqa: E402
from sqlalchemy.testing.exclusions import compound  # noqa: E402
from sqlalchemy.testing.plugin.pytestplugin import *  # noqa: E402, F403

from microcosm_sqlite.engines import dbapi  # noqa: E402

if os.environ.get("COMPLIANCE_MODULE") == "ours":
    # What create_engine("sqlite:///...", module=dbapi) does; the machinery has no option for that argument.
    SQLiteDialect_pysqlite.import_dbapi = classmethod(lambda _: dbapi)  # type: ignore[assignment]

_decorate: Any = compound.__call__


def _decorate_once(exclusion: Any, test: Any) -> Callable[..., Any]:
    # In SQLAlchemy 2.1.9 an exclusion meant for one set of parameters stays on the test for all sets that run later in
    # the same process: what is skipped then depends on how the workers share the tests. Here it holds for its own set.
    if "PYTEST_CURRENT_TEST" in os.environ and hasattr(test, "_sa_exclusion_extend"):
        return lambda *arguments, **keywords: exclusion._do(config._current, test, *arguments, **keywords)
    decorated: Callable[..., Any] = _decorate(exclusion, test)
    return decorated


compound.__call__ = _decorate_once  # type: ignore[method-assign]
