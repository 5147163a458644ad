"""What flows between components: frozen dataclasses, batch first, checked at the door."""
