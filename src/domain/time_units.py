"""Units of time."""

from typing import Final

# In a second. Times are whole nanoseconds, as the clocks and the API give them.
NANOSECONDS: Final = 1_000_000_000
