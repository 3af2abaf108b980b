"""One module per subcommand: its options, what it does in order, its exit code."""
