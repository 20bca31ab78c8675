"""A program's calls: how history reaches its predictors, and what is recorded of them."""
