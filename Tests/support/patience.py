"""The tests' one limit on waits, and their one polling loop."""

import time

# Seconds after which something that must happen has not happened, and the test fails. Far more than a loaded machine
# needs: nothing waits so long to pass.
PATIENCE = 300
# Seconds between two looks, which leave the processor to the awaited program.
PAUSE = 0.01


def until(holds, trouble=None):
    """Returns the result of `holds` as soon as it is true. - trouble: returns the message of the test if that never
    happens."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, trouble() if trouble else holds
        time.sleep(PAUSE)
    return found
