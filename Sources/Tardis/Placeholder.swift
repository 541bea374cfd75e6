enum TardisPlaceholder {}
