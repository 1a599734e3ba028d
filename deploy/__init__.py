"""Running it for real: the supervisor of the processes, and files for nginx and systemd."""
