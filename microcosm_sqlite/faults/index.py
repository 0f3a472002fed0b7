"""List all faults."""

from typing import Final

from microcosm_sqlite.faults import damages, strangers
from microcosm_sqlite.faults.fault import Fault

#: Every fault by its code, in the order in which they are described.
ALL: Final = {
    fault.code: fault for module in (strangers, damages) for fault in vars(module).values() if isinstance(fault, Fault)
}
