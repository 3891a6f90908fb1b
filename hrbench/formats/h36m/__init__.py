"""The layouts that Human3.6M is handed on in."""
