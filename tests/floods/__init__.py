"""Floods: one peer, or fifty of its connections, sends what costs a server most, while another reader is watched."""
