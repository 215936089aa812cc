"""Does slowness keep the hours of a schedule? Statistics and reports over stored records."""
