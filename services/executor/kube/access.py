"""How the executor reaches the API server. Called once, by `app`."""

import logging
import os
from pathlib import Path

import urllib3
from kubernetes import client, config

from services.runtime.errors import StartError

_IN_POD_VARIABLE = "KUBERNETES_SERVICE_HOST"

_LOGGER = logging.getLogger(__name__)


def load_api_client(kubeconfig: str | None, *, connections: int) -> client.ApiClient:
    """The client for the current context of `kubeconfig` (several files joined as in KUBECONFIG are merged).

    Without one: for the cluster that this process runs in, or else for the user's default kubeconfig. `connections` is
    how many it keeps open. Raises StartError when that gives no access.
    """
    if kubeconfig is not None and not any(Path(part).is_file() for part in kubeconfig.split(os.pathsep)):
        raise StartError(f"there is no kubeconfig {kubeconfig}: check --kubeconfig or KUBECONFIG")
    configuration = client.Configuration()
    try:
        if kubeconfig is None and os.environ.get(_IN_POD_VARIABLE):
            config.load_incluster_config(client_configuration=configuration)
        else:
            config.load_kube_config(config_file=kubeconfig, client_configuration=configuration, persist_config=False)
    except Exception as error:  # the library names only some of the ways in which a malformed file fails
        reason = " ".join(str(error).split())
        raise StartError(f"no access to Kubernetes: {reason}; give another --kubeconfig or KUBECONFIG") from error
    if not configuration.verify_ssl:
        _LOGGER.warning("the API server's certificate is not verified: the kubeconfig says so")
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    configuration.retries = False  # attempts are counted and limited where it is known what is sent
    configuration.connection_pool_maxsize = connections
    api = client.ApiClient(configuration)
    # It names the field manager of what is written, and the caller in the audit log.
    api.user_agent = "elbow-executor"
    return api
