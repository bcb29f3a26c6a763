"""How pools in use differ, as their sources show it. See pool.py."""

import dataclasses
from typing import Optional


@dataclasses.dataclass(frozen=True)
class Personality:
    # How rolled version bits are combined with the job's: "or", "xor", "replace".
    bits: str = "or"
    # When difficulty and work are told: "before subscribe" (its answer), "subscribed", "authorized".
    begins: str = "authorized"
    extranonce2_size: int = 4
    # mining.configure is answered; without that, no version bits.
    configures: bool = True
    # The mask comes once more, as mining.set_version_mask, right after.
    repeats_mask: bool = False
    # A new difficulty counts for the running job too.
    difficulty_at_once: bool = False
    first_job_is_clean: bool = True
    # Whoever names an earlier session at mining.subscribe gets its extranonce1 again.
    resumes: bool = False
    # The answer to methods that it does not know; none: silence.
    unknown: Optional[tuple] = (20, "Not supported.", None)
    # An error has a third element.
    long_errors: bool = True
    # Hangs up at an id that is text.
    wants_number_ids: bool = False
    job_id: str = "%x"


CKPOOL = Personality(
    begins="subscribed", extranonce2_size=8, resumes=True, unknown=None, job_id="6b03c551%08x"
)

DATUM = Personality(
    begins="subscribed",
    extranonce2_size=8,
    repeats_mask=True,
    unknown=(-3, "Method not found", None),
    wants_number_ids=True,
    job_id="64658bd8%07x",
)

NODE_STRATUM_POOL = Personality(configures=False, unknown=None, long_errors=False)

PUBLIC_POOL = Personality(bits="xor", difficulty_at_once=True, first_job_is_clean=False, unknown=None)

ALL = {
    "ckpool": CKPOOL,
    "datum": DATUM,
    "node-stratum-pool": NODE_STRATUM_POOL,
    "public-pool": PUBLIC_POOL,
}
