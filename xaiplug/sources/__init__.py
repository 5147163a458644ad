"""Models and data by reference, `scheme:name`: how a reference is read, and the sources of the core itself."""
