"""How the gateway serves: what it refuses before any application sees it, how it ends, and how it fills the cores."""
