"""How the planner reaches the API server for its Lease: a kubeconfig, or the service account of its pod."""

import os
from pathlib import Path
from typing import Final

from kubernetes import client, config

from services.runtime.errors import StartError

IN_POD_VARIABLE: Final = "KUBERNETES_SERVICE_HOST"
"""Set by Kubernetes in every pod (Accessing the Kubernetes API from a Pod)."""


def open_client(kubeconfig: Path | None) -> client.ApiClient:
    """A client for the current context of `kubeconfig`; without one the service account inside a pod, the user's
    default file elsewhere. Connects to nothing yet; raises StartError when no access can be made of what is there.
    """
    configuration = client.Configuration()
    try:
        if kubeconfig is None and os.environ.get(IN_POD_VARIABLE):
            config.load_incluster_config(client_configuration=configuration)
        else:
            file = None if kubeconfig is None else str(kubeconfig)
            config.load_kube_config(config_file=file, client_configuration=configuration, persist_config=False)
    except (config.ConfigException, OSError, ValueError) as error:
        raise StartError(f"no access to Kubernetes: {error}; give --kubeconfig or KUBECONFIG") from error
    configuration.retries = False  # the Lease is tried again every other second anyway
    opened = client.ApiClient(configuration)
    opened.user_agent = "elbow-planner"
    return opened
