"""Where a report goes, and what happens when the host says no."""

from covgate.publish.deliver import deliver, deliver_failure

__all__ = ["deliver", "deliver_failure"]
