"""`python -m shimmy_metrics`: the same as the command `shimmy-metrics`."""

import sys

from shimmy_metrics.cli.main import shimmy_metrics

if __name__ == "__main__":
    sys.exit(shimmy_metrics())
