"""The loop: observe, decide, act, account; the durable runtimes; the worker that carries out orders."""
