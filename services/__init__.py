"""What a person or a worker can do: one verb each, one transaction each."""
