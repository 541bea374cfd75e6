enum TicksPlaceholder {}
