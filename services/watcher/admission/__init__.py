"""Admission: webhooks over HTTPS on the reference controller's paths. What needs the whole cluster is asked of the
planner; when it does not answer, nor is there an answer here, and the webhook's failure policy decides."""
