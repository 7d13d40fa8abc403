// SPDX-License-Identifier: GPL-2.0-only
/* Never compiled: an unsigned number that is asked whether it is negative, and one that has a sign. */
int sample_parse(struct sample *s)
{
	unsigned int count;
	int status;

	count = sample_count(s);
	if (count < 0)	/* found */
		return -1;
	status = sample_status(s);
	return status < 0 ? status : 0;
}
