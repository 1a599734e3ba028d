"""The back door: the queue that wakes the worker, and the worker that calls the services."""
