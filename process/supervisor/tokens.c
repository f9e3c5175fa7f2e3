/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tokens: what a program holds when it has opened a device.  The kernel does
 * the counting of references for us: the token's open file description, which
 * descriptors and mappings (kernel/host.h pin) keep alive, holds a lock that
 * is dropped with the last of them, however the last process died.  We try to
 * take the lock through a description of our own.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "process/supervisor/server.h"

#define BUSY_MS 2000
#define NEWEST	8	/* tokens that an open() looks at */

struct token {
	struct token *next;
	int fd;
	uint64_t ino;
	uint64_t busy_since;	/* server_now(); 0: has not been busy */
};

/* A second description of the same file, locked, for the program. */
static int open_locked(int fd, uint32_t flags)
{
	char path[40];
	int out;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	out = open(path, (int)flags | O_CLOEXEC);
	if (out < 0)
		return -errno;
	if (flock(out, LOCK_EX | LOCK_NB) < 0) {
		int err = -errno;

		close(out);
		return err;
	}
	return out;
}

/*
 * Nobody has it any more, but a process that writes pages out may be at it, or
 * one that was killed or stopped was.  The server does not wait for either, for
 * a while.
 */
static bool release(struct server *s, struct token *t)
{
	struct sgx_encl *encl = sgx_encl_of_token(s->mm.shared, t->ino);

	if (!encl || sgx_encl_try_release(&s->mm, encl))
		return true;
	if (t->busy_since &&
	    server_now() - t->busy_since > BUSY_MS * 1000000ull) {
		sgx_encl_release(&s->mm, encl);
		return true;
	}
	if (!t->busy_since)
		t->busy_since = server_now();
	return false;
}

/* False: somebody still refers to it, or is at its pages. */
static bool reap(struct server *s, struct token **at)
{
	struct token *t = *at;

	if (flock(t->fd, LOCK_EX | LOCK_NB) < 0 || !release(s, t))
		return false;
	*at = t->next;
	close(t->fd);
	free(t);
	return true;
}

/* From the newest on, until n are found that are still in use. */
static unsigned int reap_newest(struct server *s, unsigned int n)
{
	struct token **at = &s->tokens;
	unsigned int left = 0;

	while (*at && left < n) {
		if (!reap(s, at)) {
			at = &(*at)->next;
			left++;
		}
	}
	return left;
}

int token_open(struct server *s, uint32_t kind, uint32_t flags, int *fd)
{
	struct token *t = calloc(1, sizeof(*t));
	struct stat st;
	int r;

	if (!t)
		return -ENOMEM;
	t->fd = memfd_create(kind == SGX_FILE_PROVISION ? "/dev/sgx_provision"
							: "/dev/sgx_enclave",
			     MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (t->fd < 0 || fstat(t->fd, &st) < 0) {
		r = -errno;
		goto fail;
	}
	t->ino = st.st_ino;
	/* Who builds one after the other finds the last one's memory free. */
	reap_newest(s, NEWEST);
	/* it stands for a device: nothing can be written to it */
	(void)fcntl(t->fd, F_ADD_SEALS,
		    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	*fd = open_locked(t->fd, flags);
	if (*fd < 0) {
		r = *fd;
		goto fail;
	}
	r = sgx_open(&s->mm, (enum sgx_file_kind)kind, t->ino);
	if (r < 0) {
		close(*fd);
		goto fail;
	}
	t->next = s->tokens;
	s->tokens = t;
	return 0;
fail:
	if (t->fd >= 0)
		close(t->fd);
	free(t);
	return r;
}

unsigned int tokens_reap(struct server *s)
{
	return reap_newest(s, UINT_MAX);
}
