"""When disks fill, memory ends, budgets are spent and pools are used up, at the trend of the past, with an interval."""
