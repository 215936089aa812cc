"""Addresses that every lab has; the world's own must not collide with them."""

# The subscriber's.
CLIENT_IPV4, CLIENT_IPV6 = "10.77.1.2", "2001:db8:77:1::2"

# The same device's on the network that it moves to.
MOVED_IPV4 = "10.77.2.2"

# Of the servers' side itself. Servers have the addresses that the world names.
SERVER_IPV4, SERVER_IPV6 = "10.77.3.2", "2001:db8:77:3::2"
