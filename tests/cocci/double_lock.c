// SPDX-License-Identifier: GPL-2.0-only
/* Never compiled: a lock that is taken twice, and one that is not; the rule names the first. */
void sample_count(struct sample *s)
{
	mutex_lock(&s->lock);	/* found */
	s->count++;
	mutex_lock(&s->lock);
}

void sample_count_once(struct sample *s)
{
	mutex_lock(&s->lock);
	s->count++;
	mutex_unlock(&s->lock);
}
