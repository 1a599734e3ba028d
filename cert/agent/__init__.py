"""The UKey agent: a small service on loopback that signs with a person's key after asking that person.

``python -m cert.agent --help`` lists its arguments; docs/ukey.md is for whoever installs it.
"""
