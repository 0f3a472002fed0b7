"""What a `SOURCES.toml` may say, with SQLAlchemy as the package: it is certainly installed."""

from importlib.metadata import version
from typing import Final

from reviewed_rows import Contributor, Licence, Source, Sources

SOURCES: Final = Sources(
    title='Things, "quoted"',
    description="Line one\nline two, with a \\ and a café \U0001f600",
    attribution="Somebody",
    licences=(Licence(name="MIT", title="The MIT License", path="https://opensource.org/license/mit"),),
    contributors=(Contributor(title="Somebody", path="https://example.org"),),
    sources=(
        Source(
            package="sqlalchemy",
            registry="PyPI",
            version=version("sqlalchemy"),
            licence="MIT",
            path="https://www.sqlalchemy.org",
            attribution="Its authors",
        ),
    ),
)
