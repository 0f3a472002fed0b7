"""Turn a finished workbench into a published artifact."""

from microcosm_sqlite.sealing.releases import Release
from microcosm_sqlite.sealing.sequence import seal

__all__ = ["Release", "seal"]
