"""What every service process needs: settings, server, channels, telemetry, logs, shutdown."""
