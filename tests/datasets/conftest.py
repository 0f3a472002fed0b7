"""Bind the committed artifacts of the example data sets."""

from typing import Any

import emoji
import mime
import pytest
import world
from data_set_command import DataSetBuild
from microcosm.api import create_object_graph, load_from_dict

from microcosm_sqlite.dataset import data_set_name

BUILDS = (emoji.BUILD, mime.BUILD, world.BUILD)


@pytest.fixture(params=BUILDS, ids=lambda build: build.folder.name)
def build(request: pytest.FixtureRequest) -> DataSetBuild:
    """The build of each data set in turn."""
    chosen: DataSetBuild = request.param
    return chosen


@pytest.fixture(scope="module")
def graph() -> Any:
    """An object graph that is told where the artifacts are, installed or not."""
    paths = {data_set_name(one.data_set): str(one.artifact_path) for one in BUILDS}
    return create_object_graph("example", testing=True, loader=load_from_dict(sqlite={"paths": paths}))
