"""What the data plane decides: values in, values out. No socket, loop, clock or chance of its own."""
