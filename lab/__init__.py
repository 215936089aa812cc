"""An emulated Internet with a censor in it, described as data.

scenario, scenario_file            what a scenario is, and its YAML (yaml_types, units, words, selectors)
scenarios/                         those that come with it
session, running                   a running lab: a scenario's line and censor, and with the world on it
engine/, kernel/                   its processes and namespaces; a second one of the kernel's own parts
path/, censor/                     delay, queues and hops; the boxes on them (packets, buckets, windows, addresses)
world/                             resolvers, platforms, controls, helper
matrix, expect                     every scenario against the tool; emulated: whole sessions, counted
flowsim/                           many sessions simulated, without packets
loopback, loopback_udp, measure    parts of it for tests and benchmarks
availability                       can it run here?
"""
