// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway/client.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"

/* How long a frame may be on its way, and an answer wait to be taken. */
#define PATIENCE_NS	(5 * OHTD_NS_PER_S)

void ohtd_client_begin(struct ohtd_client *client, int fd, uint64_t name, uint64_t now_ns)
{
	*client = (struct ohtd_client){
		.fd = fd, .name = name, .tokens = OHTD_CLIENT_RATE,
		.refilled_ns = now_ns, .heard_ns = now_ns,
	};
	ohtd_address_of_peer(fd, client->peer);
}

enum ohtd_client_state ohtd_client_receive(struct ohtd_client *client)
{
	size_t room = sizeof(client->in) - client->in_used;
	ssize_t n;

	if (!room)
		return OHTD_CLIENT_GOES_ON;
	n = recv(client->fd, client->in + client->in_used, room, MSG_DONTWAIT);
	if (n > 0)
		client->in_used += (size_t)n;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return OHTD_CLIENT_GOES_ON;
	return OHTD_CLIENT_GONE;
}

bool ohtd_client_has_turn(const struct ohtd_client *client)
{
	/* Each one that is pending has its answer's room. */
	size_t taken = client->out_used + client->pending * OHTD_MBAP_BYTES_MAX;

	return client->tokens && client->pending < OHTD_CLIENT_PIPELINE &&
	       taken + OHTD_MBAP_BYTES_MAX <= sizeof(client->out);
}

int ohtd_client_take(struct ohtd_client *client, uint8_t frame[OHTD_MBAP_BYTES_MAX], uint64_t now_ns)
{
	int bytes = ohtd_mbap_frame_bytes(client->in, client->in_used);

	if (bytes <= 0) {
		if (!client->in_used)
			client->partial_ns = 0;
		else if (!client->partial_ns)
			client->partial_ns = now_ns;
		return bytes;
	}
	memcpy(frame, client->in, (size_t)bytes);
	client->in_used -= (size_t)bytes;
	memmove(client->in, client->in + bytes, client->in_used);
	client->partial_ns = 0;
	client->heard_ns = now_ns;
	client->tokens--;
	client->pending++;
	return 1;
}

void ohtd_client_answer(struct ohtd_client *client, const uint8_t *bytes, size_t count)
{
	memcpy(client->out + client->out_used, bytes, count);
	client->out_used += count;
	client->pending--;
}

enum ohtd_client_state ohtd_client_send(struct ohtd_client *client, uint64_t now_ns)
{
	ssize_t n = 0;

	if (client->out_used)
		n = send(client->fd, client->out, client->out_used, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return OHTD_CLIENT_GONE;
	if (n > 0) {
		client->out_used -= (size_t)n;
		memmove(client->out, client->out + n, client->out_used);
		client->stuck_ns = 0;
	}
	if (!client->out_used)
		client->stuck_ns = 0;
	else if (!client->stuck_ns)
		client->stuck_ns = now_ns;
	return OHTD_CLIENT_GOES_ON;
}

static void refill(struct ohtd_client *client, uint64_t now_ns)
{
	uint64_t more = (now_ns - client->refilled_ns) * OHTD_CLIENT_RATE / OHTD_NS_PER_S;

	if (!more)
		return;
	client->refilled_ns = now_ns;
	client->tokens = client->tokens + more < OHTD_CLIENT_RATE ? client->tokens + (unsigned int)more
								   : OHTD_CLIENT_RATE;
}

enum ohtd_client_state ohtd_client_tick(struct ohtd_client *client, uint64_t now_ns, uint64_t idle_ns)
{
	refill(client, now_ns);
	if (client->stuck_ns && now_ns - client->stuck_ns > PATIENCE_NS)
		return OHTD_CLIENT_DEAF;
	if (client->partial_ns && now_ns - client->partial_ns > PATIENCE_NS)
		return OHTD_CLIENT_HALF;
	if (!client->pending && now_ns - client->heard_ns > idle_ns)
		return OHTD_CLIENT_IDLE;
	return OHTD_CLIENT_GOES_ON;
}

uint32_t ohtd_client_wants(const struct ohtd_client *client)
{
	bool reads = client->in_used < sizeof(client->in) && ohtd_client_has_turn(client);

	return (reads ? EPOLLIN : 0u) | (client->out_used ? EPOLLOUT : 0u);
}
