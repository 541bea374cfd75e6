enum ParquetTestsPlaceholder {}
