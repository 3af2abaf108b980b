"""The sandbox: a Kubernetes API server and an AWS that need no cluster, account or network."""
