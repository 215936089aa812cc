"""The way between client and servers, in user space: queues, hops, delay, loss."""
