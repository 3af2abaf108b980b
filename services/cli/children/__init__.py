"""The services as child processes of `elbow up`: started, watched, restarted, stopped."""
