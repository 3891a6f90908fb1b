"""The forms that Human3.6M is handed on in."""
