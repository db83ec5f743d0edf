"""Plan, run and judge: samples become records, records rows, rows findings."""
