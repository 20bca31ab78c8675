"""Other tools over the same conversations. Each needs its extra and is imported on its own."""
