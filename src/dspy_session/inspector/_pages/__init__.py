"""What is shown where no kernel answers: the plain transcript, and the page in one file."""
