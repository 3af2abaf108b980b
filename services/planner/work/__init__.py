"""One key at a time: gather its input, compute its plan, have it executed, fold what came of it."""
