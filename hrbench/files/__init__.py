"""What files of some kinds hold, whatever it means: JSON, MATLAB's, pickles."""
