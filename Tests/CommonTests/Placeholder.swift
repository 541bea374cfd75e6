enum CommonTestsPlaceholder {}
