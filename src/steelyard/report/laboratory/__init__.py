"""What a metrologist insists on around a verdict: budgets, charts, validation, comparisons."""
