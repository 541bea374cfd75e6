enum CommonPlaceholder {}
