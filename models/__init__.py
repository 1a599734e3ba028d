"""The tables, one module per aggregate, with the named queries that read them."""
