"""What a task's network costs: parameters, multiply-adds, memory, and time stage by stage."""
