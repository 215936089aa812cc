"""The test helper: answers any name with one pinned certificate and serves bytes nobody can compress.

server, connection, quic           sockets: TLS over TCP, one client's connection, HTTP/3
routes                             what each path answers: corpus (bytes), flows (the sender's view), inverted (a
                                   replay bit by bit turned over), control (is a host down for everybody?)
http1, certificate, limits         a request's head, the pinned certificate, what one client may take
"""
