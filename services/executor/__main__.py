"""The executor as a process: `python -m services.executor --listen 127.0.0.1:0 --cluster-name ...`."""

import sys

from services.executor.app import make_service
from services.executor.settings import ExecutorSettings
from services.runtime.service import main

if __name__ == "__main__":
    sys.exit(main("executor", ExecutorSettings, make_service))
