"""Network I/O, one file per protocol: a target goes in, an observation comes out.

registry                           the probes: dns, tcp, tls, http, quic, telegram
base, draft                        what a probe takes and gives; an observation in the making
walk, round                        one endpoint from name to page; all endpoints, and again what failed (tools: what
                                   walks share; split: one connection, several records)
flow                               one flow of a throughput measurement, which transfer, transfer_quic and
                                   transfer_upload carry; series, arrivals: the course of its bytes
sessions/                          throttling sessions: pairs of flows
trace/                             the hop that interferes
connect, tls_stream, udp           connections of our own, every byte and phase in our hands; so are quic_client,
                                   http3 and doh
roots, chain_check                 by whom certificates are judged
page                               what of an HTTP answer is stored
limits, mishaps                    what this device may do to a measurement
nameservers, tcp_info              what it knows
wire/                              parsers and builders, without sockets
"""
