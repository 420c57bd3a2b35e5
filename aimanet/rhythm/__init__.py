"""The rhythm behind a heart rate: beats, their variability (PRV), and the breath in them."""
