"""The source of `deploy/crds/`: what our custom resources look like, as typed values. Run it to write the files."""
