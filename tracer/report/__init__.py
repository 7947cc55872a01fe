"""What a finished trace says, for people and programs: tables, valuation, summary, card, report page."""
