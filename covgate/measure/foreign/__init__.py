"""Reports that other tools wrote, Cobertura and LCOV."""
