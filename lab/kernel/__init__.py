"""A second engine of kernel parts alone (veth, routing, nftables): what the first one is checked against."""
