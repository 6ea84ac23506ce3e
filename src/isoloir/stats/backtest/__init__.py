"""How good a forecast is: each election held out in turn, predicted from the others, beside simple baselines."""
