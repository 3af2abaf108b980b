"""Between the wire and the planner's values: the only modules of the planner, the links and the servicer apart, that
touch protobuf messages.
"""
