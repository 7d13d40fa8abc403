// SPDX-License-Identifier: GPL-2.0-only
/* Never compiled: a test before a free that needs none, and a free without one. */
void sample_free(struct sample *s)
{
	if (s->name)
		kfree(s->name);	/* found */
	kfree(s->value);
}
