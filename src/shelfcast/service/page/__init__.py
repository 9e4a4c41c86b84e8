"""The planner's page: rendered here, readable without a script, charts drawn by plotly from its own package."""
