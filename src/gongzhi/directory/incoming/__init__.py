"""Files of records on their way in: each module judges and pours the chunks of one register."""
