"""`python -m recover_host stubs`: the command. What it does is in `stubs.py`."""

import sys

from .errors import LoadError
from .stubs import entry

try:
    status, text = entry(sys.argv[1:])
except (LoadError, OSError) as error:
    status, text = 1, str(error)
print(text, file=sys.stdout if status == 0 else sys.stderr)
sys.exit(status)
