"""The login page and the dashboard, served under /ui/ when GATEWAY_UI is on, or by any static server."""
