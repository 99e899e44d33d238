"""An incident's channel: made, cared for, renamed, left, brought back."""
