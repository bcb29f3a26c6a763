"""How long these tests wait for what must happen."""

# Seconds. No measure of anything: it only tells what comes late from what never comes, on a machine as slow and as busy as
# it may be.
PATIENCE = 600
