enum TardisTestsPlaceholder {}
