"""How the watcher reaches the API server: a kubeconfig, or the service account of its pod.

Called once at the start.
"""

import logging
import os
from pathlib import Path
from typing import Final

import urllib3
from kubernetes import client, config

from services.runtime.errors import StartError

IN_POD_VARIABLE: Final = "KUBERNETES_SERVICE_HOST"
"""Set by Kubernetes in every pod (Accessing the Kubernetes API from a Pod)."""

# One connection per watch, and one for a list beside each.
_CONNECTIONS: Final = 20

_LOGGER = logging.getLogger(__name__)


def open_client(kubeconfig: str | None) -> client.ApiClient:
    """A client for the current context of `kubeconfig` (several files joined as in KUBECONFIG are merged).

    Without one: the service account inside a pod, the user's default file elsewhere. Connects to nothing yet; raises
    StartError when no access can be made of what is there.
    """
    _require_existing(kubeconfig)
    configuration = client.Configuration()
    try:
        if kubeconfig is None and os.environ.get(IN_POD_VARIABLE):
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)
    except Exception as error:  # on a malformed file the library stumbles in more ways than it names
        words = " ".join(str(error).split())
        raise StartError(f"no access to Kubernetes: {words}; give another --kubeconfig or KUBECONFIG") from error
    if not configuration.verify_ssl:
        _LOGGER.warning("the API server's certificate is not verified: the kubeconfig says so")
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)  # said once, not with every request
    configuration.retries = False  # retried where it is known what was being done
    configuration.connection_pool_maxsize = _CONNECTIONS
    opened = client.ApiClient(configuration)
    opened.user_agent = "elbow-watcher"
    return opened


def _require_existing(kubeconfig: str | None) -> None:
    """A look that gives a clearer message than the library's."""
    if kubeconfig is not None and not any(Path(part).is_file() for part in kubeconfig.split(os.pathsep)):
        raise StartError(f"no kubeconfig at {kubeconfig}: check --kubeconfig or KUBECONFIG")
