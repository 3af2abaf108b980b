"""What is played on by the demo and by the laboratory: a sandbox and `elbow up`, started as a user would start them."""
