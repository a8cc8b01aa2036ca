"""Start an agent, here or over SSH, and give a stream of bytes; the one room that knows Paramiko and Fabric."""
