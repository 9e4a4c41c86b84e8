"""The service: a model folder behind HTTP, with the planner's page, and the nightly run that keeps it fresh."""
