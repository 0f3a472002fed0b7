"""Read from an artifact what binding it needs to know.

Apart from `inspection`, because a service pays for what it imports: the whole manifest takes ten times as long to load.
"""

import json
from pathlib import Path
from typing import NamedTuple

from microcosm_sqlite.artifacts.checks import check_shape, embedded_text
from microcosm_sqlite.constants import MANIFEST_NAMESPACE
from microcosm_sqlite.faults import damages


class Claims(NamedTuple):
    """Which release of which data set an artifact claims to be.

    `file_digest` is known of a file whose bytes were checked, otherwise None.
    """

    name: str
    version: str
    file_digest: str | None = None


def read_claims(path: Path) -> Claims:
    """Return the claims of the artifact at *path* after the checks that need not read all of it.

    Raises:
        ManifestError: Its embedded manifest is missing or cannot be read.
        ArtifactError: Whatever `checks.check_shape` raises.
    """
    check_shape(path)
    text = embedded_text(path)
    try:
        document = json.loads(text)
        return Claims(str(document[MANIFEST_NAMESPACE]["data_set"]), str(document["version"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise damages.INNER_MANIFEST_DAMAGED.at(path, found=f"one that names no data set ({error!r})") from error
