"""How good a pulse is: the field's metrics, methods over data sets, plots and a report.

`metrics` are numbers from two waves; `predictions` reads waves made elsewhere, `runner` makes them
from cached recordings; `results` holds what came out, `tables`, `plots` and `report` show it.
Nothing is imported here.
"""
