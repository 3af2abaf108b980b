"""What admission says without asking anybody (targets and readiness, section 9): functions of the objects at hand."""
