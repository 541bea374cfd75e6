enum TicksTestsPlaceholder {}
