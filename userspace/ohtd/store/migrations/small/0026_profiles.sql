-- SPDX-License-Identifier: GPL-2.0-or-later
-- What a person says of the own account; without a row nothing. views: of the page History, each a name and a query, a line each. The row goes
-- with the account.
CREATE TABLE profiles (
	user_id INTEGER PRIMARY KEY,
	full_name TEXT NOT NULL,
	language TEXT NOT NULL,
	units TEXT NOT NULL,
	zone TEXT NOT NULL,
	theme TEXT NOT NULL,
	views TEXT NOT NULL
) STRICT;
