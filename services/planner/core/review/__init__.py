"""What is said about objects that are about to be written (targets and readiness, section 9): rules without a clock and
without a question; the shell gathers what they are told."""
