"""The data of each task: what is drawn, from which source, with which truth."""
