"""What the kernel and the page say to each other, and the shapes of what is shown."""
