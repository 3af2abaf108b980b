"""Targets of one TargetGroupBinding: which endpoints or nodes they are, and what must let traffic reach them."""
