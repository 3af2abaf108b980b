"""`python -m services.watcher`: the watcher as a process."""

import sys

from services.runtime.service import main
from services.watcher.app import build
from services.watcher.settings import WatcherSettings

if __name__ == "__main__":
    sys.exit(main("watcher", WatcherSettings, build))
