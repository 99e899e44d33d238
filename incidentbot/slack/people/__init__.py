"""Who people are to Slack, what they may do, and how they are asked to come."""
