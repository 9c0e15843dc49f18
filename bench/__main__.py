"""`make bench`: the ratios of speed."""

import sys

from bench import cards, ground, load_areas, pages, points, reports, residents, rosters

if __name__ == "__main__":
    try:
        load_areas.main()
        pages.main()
        residents.main()
        rosters.main()
        points.main()
        reports.main()
        cards.main()
    except ground.NoServer as missing:
        sys.exit(str(missing))
