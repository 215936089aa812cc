"""The lab's Internet without its path: resolvers, platforms, controls, helper, interceptor, portal.

Everything is made from a `Targets` file: `plan` gives each name its addresses, `certificates` its leaf, `pages` its
answers; `changes` says what is different in a scenario; `serve` runs the servers in the current network namespace.
"""
