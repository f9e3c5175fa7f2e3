/* SPDX-License-Identifier: BSD-3-Clause */
/* See tests/process/attest/aesm_client.h. */
#include "tests/process/attest/aesm_client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/process/fixture/check.h"

static void put_varint(struct message *m, uint64_t value)
{
	do {
		m->bytes[m->n++] = (uint8_t)(value | (value > 127 ? 128 : 0));
		value >>= 7;
	} while (value);
}

void put_number(struct message *m, unsigned id, uint64_t value)
{
	put_varint(m, id << 3);
	put_varint(m, value);
}

void put_bytes(struct message *m, unsigned id, const void *bytes, size_t n)
{
	put_varint(m, id << 3 | 2);
	put_varint(m, n);
	if (n)
		memcpy(m->bytes + m->n, bytes, n);
	m->n += n;
}

void wrap(struct message *m, unsigned kind)
{
	struct message inner = *m;

	m->n = 0;
	put_bytes(m, kind, inner.bytes, inner.n);
}

int aesm_connect(const char *name, size_t n, size_t size)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), error;

	memcpy(un.sun_path, name, n);
	if (!connect(fd, (struct sockaddr *)&un,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				 size)))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Length and body in two writes, as the SDK has it. */
bool send_message(int fd, const struct message *m)
{
	uint32_t n = (uint32_t)m->n;

	return send(fd, &n, sizeof(n), MSG_NOSIGNAL) == sizeof(n) &&
	       send(fd, m->bytes, m->n, MSG_NOSIGNAL) == (ssize_t)m->n;
}

static bool receive_whole(int fd, void *to, size_t n)
{
	return n == 0 || recv(fd, to, n, MSG_WAITALL) == (ssize_t)n;
}

bool receive_message(int fd, struct message *m)
{
	uint32_t n;

	if (!receive_whole(fd, &n, sizeof(n)) || n > sizeof(m->bytes))
		return false;
	m->n = n;
	return receive_whole(fd, m->bytes, n);
}

/* Where a varint ends; NULL: it does not. */
static const uint8_t *varint(const uint8_t *p, const uint8_t *end,
			     uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; p < end && shift < 64; shift += 7) {
		*value |= (uint64_t)(*p & 127) << shift;
		if (*p++ < 128)
			return p;
	}
	return NULL;
}

static bool find(const struct message *m, unsigned id, uint64_t *value,
		 const uint8_t **bytes)
{
	const uint8_t *p = m->bytes, *end = p + m->n;
	uint64_t tag;

	while (p && p < end) {
		p = varint(p, end, &tag);
		if (p)
			p = varint(p, end, value);
		if (!p || (tag & 5))
			return false;
		*bytes = p;
		if ((tag & 7) == 2) {
			if (*value > (uint64_t)(end - p))
				return false;
			p += *value;
		}
		if (tag >> 3 == id)
			return true;
	}
	return false;
}

bool get_number(const struct message *m, unsigned id, uint64_t *value)
{
	const uint8_t *bytes;

	return find(m, id, value, &bytes);
}

bool get_bytes(const struct message *m, unsigned id, const uint8_t **bytes,
	       size_t *n)
{
	uint64_t size;

	if (!find(m, id, &size, bytes))
		return false;
	*n = size;
	return true;
}

static int unwrap(struct message *m, unsigned kind)
{
	const uint8_t *inner;
	uint64_t error;
	size_t n;

	if (!get_bytes(m, kind, &inner, &n))
		return -1;
	memmove(m->bytes, inner, n);
	m->n = n;
	return get_number(m, 1, &error) ? (int)error : -1;
}

int aesm_ask(unsigned kind, struct message *m)
{
	int fd = aesm_connect(AESM_PATH, sizeof(AESM_PATH), sizeof(AESM_PATH));
	char more;
	int r = -1;

	if (fd < 0)
		return -1;
	wrap(m, kind);
	if (send_message(fd, m) && receive_message(fd, m)) {
		r = unwrap(m, kind);
		/* the service closes behind its answer */
		CHECK_EQ(recv(fd, &more, 1, 0), 0);
	}
	close(fd);
	return r;
}
