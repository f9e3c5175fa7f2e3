/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/pki.h. */
#include "attest/pki/pki.h"

#include <errno.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/pki/cert.h"
#include "attest/pki/store.h"

#define DAY     86400
#define FOREVER 2524607999 /* the end of 2049 */

static int make_member(struct pki_member *m, const char *name,
		       const char *section, const struct pki_member *issuer)
{
	uint8_t serial[CERT_SERIAL_SIZE];
	struct cert_wish wish = { .name = name,
				  .section = section,
				  .serial = serial,
				  .not_before = time(NULL) - DAY,
				  .not_after = FOREVER };

	m->key = EVP_EC_gen("P-256");
	if (!m->key || RAND_bytes(serial, sizeof(serial)) != 1)
		return -1;
	wish.key = m->key;
	if (issuer) {
		wish.issuer = issuer->cert;
		wish.issuer_key = issuer->key;
	}
	m->cert = cert_make(&wish);
	return m->cert ? 0 : -1;
}

static int make(struct pki *pki)
{
	if (make_member(&pki->root, PROFILE_ROOT, PROFILE_SECTION_ROOT, NULL))
		return -1;
	if (make_member(&pki->platform_ca, PROFILE_PLATFORM,
			PROFILE_SECTION_PLATFORM, &pki->root))
		return -1;
	return make_member(&pki->tcb_signing, PROFILE_TCB_SIGNING,
			   PROFILE_SECTION_SIGNING, &pki->root);
}

/* What another has made at the same time is as good. */
static int make_and_keep(struct pki *pki, const char *dir,
			 pki_complain complain)
{
	int r;

	if (make(pki)) {
		complain("OpenSSL cannot make the certificates of a test root");
		return -1;
	}
	r = dir ? store_write(pki, dir) : 0;
	if (r == -EEXIST) {
		pki_close(pki);
		return store_read(pki, dir, complain);
	}
	if (r)
		complain("cannot keep the test root in %s: %s; set "
			 "XDG_DATA_HOME to a folder that can be written, or "
			 "use --platform",
			 dir, strerror(-r));
	return r ? -1 : 0;
}

int pki_open(struct pki *pki, const char *dir, pki_complain complain)
{
	int r = -ENOENT;

	memset(pki, 0, sizeof(*pki));
	if (dir)
		r = store_read(pki, dir, complain);
	if (r == -ENOENT)
		r = make_and_keep(pki, dir, complain);
	if (r)
		pki_close(pki);
	return r ? -1 : 0;
}

static void close_member(struct pki_member *m)
{
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
}

void pki_close(struct pki *pki)
{
	close_member(&pki->root);
	close_member(&pki->platform_ca);
	close_member(&pki->tcb_signing);
	memset(pki, 0, sizeof(*pki));
}

char *pki_directory(const char *platform)
{
	const char *home = getenv("XDG_DATA_HOME");
	const char *below = "/swsgx/test-root";
	char *path;

	if (platform) {
		home = platform;
		below = "/test-root";
	} else if (!home || *home != '/') {
		home = getenv("HOME");
		below = "/.local/share/swsgx/test-root";
	}
	if (!home || !*home || asprintf(&path, "%s%s", home, below) < 0)
		return NULL;
	return path;
}
