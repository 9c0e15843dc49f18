"""Party organisations, units, members, points, appraisal, dues, transfers, organisation life."""
