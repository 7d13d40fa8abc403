// SPDX-License-Identifier: GPL-2.0-only
/* Never compiled: memory that is read after it was freed, and memory that is not. */
int sample_last(struct sample *s)
{
	kfree(s);
	return s->last;	/* found */
}

int sample_first(struct sample *s)
{
	int last = s->last;

	kfree(s);
	return last;
}
