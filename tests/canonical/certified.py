"""Seal the smallest certified data set and print the digest of its file: `python -m tests.canonical.certified`.

Run in many processes, which differ in everything that must not count.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Print the digest of the file, and how many calls its manifest tells of."""
    sys.path[:0] = [str(ROOT / "build_scripts"), str(ROOT / "datasets/mime")]
    from data_set_command import rebuild  # noqa: PLC0415 - Not a package.
    from mime import BUILD  # noqa: PLC0415

    from microcosm_sqlite.artifacts.digests import file_digest  # noqa: PLC0415
    from microcosm_sqlite.artifacts.inspection import inspect  # noqa: PLC0415
    from microcosm_sqlite.shipping.folder import FolderChannel  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        path = rebuild(BUILD, FolderChannel(Path(folder))).path
        sys.stdout.write(f"{file_digest(path)} {len(inspect(path).manifest.access)}\n")


if __name__ == "__main__":
    main()
