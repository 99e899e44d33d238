"""Who is asked to take an incident, who next when nobody answers, and until when."""
