/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * See process/supervisor/platform/tokens.h.  A token's lock is tried through a
 * description of the server's own.  flock(2).
 */
#include "process/supervisor/platform/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/sgx/driver.h"
#include "process/supervisor/base/loop.h"
#include "process/supervisor/base/proc.h"

#define BUSY_MS 2000
#define NEWEST  8 /* tokens that an open() looks at */

struct token {
	struct token *next;
	int fd;
	uint64_t ino;
	uint64_t busy_since; /* loop_now(); 0: has not been busy */
};

void tokens_init(struct tokens *tokens, struct sgx_mm *mm)
{
	*tokens = (struct tokens){ .mm = mm };
}

/* A second description of the same file, locked, for the program. */
static int open_locked(int fd, uint32_t flags)
{
	int out = proc_open(PROC_SELF, (int)flags, "fd/%d", fd);

	if (out < 0)
		return out;
	if (flock(out, LOCK_EX | LOCK_NB) < 0) {
		int err = -errno;

		close(out);
		return err;
	}
	return out;
}

/*
 * Nobody holds the token any more.  But a process may be writing out pages of
 * the enclave, or was killed or stopped while it did.  The server tries again
 * later, and after BUSY_MS it no longer asks.
 */
static bool release(struct sgx_mm *mm, struct token *t)
{
	struct sgx_encl *encl = sgx_encl_of_token(mm->shared, t->ino);

	if (!encl || sgx_encl_try_release(mm, encl))
		return true;
	if (t->busy_since &&
	    loop_now() - t->busy_since > BUSY_MS * 1000000ull) {
		sgx_encl_release(mm, encl);
		return true;
	}
	if (!t->busy_since)
		t->busy_since = loop_now();
	return false;
}

/* False: somebody still refers to it, or is at its pages. */
static bool reap(struct tokens *tokens, struct token **at)
{
	struct token *t = *at;

	if (flock(t->fd, LOCK_EX | LOCK_NB) < 0 || !release(tokens->mm, t))
		return false;
	*at = t->next;
	close(t->fd);
	free(t);
	return true;
}

/* From the newest on, until n are found that are still in use. */
static unsigned int reap_newest(struct tokens *tokens, unsigned int n)
{
	struct token **at = &tokens->newest;
	unsigned int left = 0;

	while (*at && left < n) {
		if (!reap(tokens, at)) {
			at = &(*at)->next;
			left++;
		}
	}
	return left;
}

int tokens_open(struct tokens *tokens, uint32_t kind, uint32_t flags, int *fd)
{
	struct token *t = calloc(1, sizeof(*t));
	struct stat st;
	int r;

	if (!t)
		return -ENOMEM;
	t->fd = memfd_create(kind == SGX_FILE_PROVISION ? "/dev/sgx_provision" :
							  "/dev/sgx_enclave",
			     MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (t->fd < 0 || fstat(t->fd, &st) < 0) {
		r = -errno;
		goto fail;
	}
	t->ino = st.st_ino;
	/* a program that builds one enclave after another finds memory free */
	reap_newest(tokens, NEWEST);
	/* it stands for a device: nothing can be written to it */
	(void)fcntl(t->fd, F_ADD_SEALS,
		    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	*fd = open_locked(t->fd, flags);
	if (*fd < 0) {
		r = *fd;
		goto fail;
	}
	r = sgx_open(tokens->mm, (enum sgx_file_kind)kind, t->ino);
	if (r < 0) {
		close(*fd);
		*fd = -1;
		goto fail;
	}
	t->next = tokens->newest;
	tokens->newest = t;
	return 0;
fail:
	if (t->fd >= 0)
		close(t->fd);
	free(t);
	return r;
}

unsigned int tokens_reap(struct tokens *tokens)
{
	return reap_newest(tokens, UINT_MAX);
}
