"""The page's requests and their answers, and telling it what changed."""
