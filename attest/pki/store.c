/* SPDX-License-Identifier: BSD-3-Clause */
/* See attest/pki/store.h. */
#include "attest/pki/store.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMBERS 3
#define ENDINGS 2

static const char *const endings[ENDINGS] = { "pem", "key" };

static const struct {
	const char *name;
	size_t offset;
} members[MEMBERS] = {
	{ "root", offsetof(struct pki, root) },
	{ "platform-ca", offsetof(struct pki, platform_ca) },
	{ "tcb-signing", offsetof(struct pki, tcb_signing) },
};

static struct pki_member *member(const struct pki *pki, int i)
{
	return (struct pki_member *)((uintptr_t)pki + members[i].offset);
}

static char *path_of(const char *dir, const char *name, const char *ending)
{
	char *path;

	return asprintf(&path, "%s/%s.%s", dir, name, ending) < 0 ? NULL : path;
}

static FILE *open_file(const char *dir, const char *name, const char *ending)
{
	char *path = path_of(dir, name, ending);
	FILE *f = path ? fopen(path, "re") : NULL;

	free(path);
	return f;
}

static bool read_member(struct pki_member *m, const char *dir, const char *name)
{
	FILE *cert = open_file(dir, name, "pem");
	FILE *key = open_file(dir, name, "key");

	if (cert)
		m->cert = PEM_read_X509(cert, NULL, NULL, NULL);
	if (key)
		m->key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
	if (cert)
		fclose(cert);
	if (key)
		fclose(key);
	return m->cert && m->key && X509_check_private_key(m->cert, m->key) > 0;
}

int store_read(struct pki *pki, const char *dir, pki_complain complain)
{
	if (access(dir, F_OK) && (errno == ENOENT || errno == ENOTDIR))
		return -ENOENT;
	for (int i = 0; i < MEMBERS; i++) {
		if (read_member(member(pki, i), dir, members[i].name))
			continue;
		complain("%s: cannot read %s.pem and %s.key as a certificate "
			 "and its key; move the directory away to get a new "
			 "test root",
			 dir, members[i].name, members[i].name);
		return -1;
	}
	return 0;
}

static FILE *create_file(const char *dir, const char *name, const char *ending)
{
	char *path = path_of(dir, name, ending);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600) :
			-1;

	free(path);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static bool write_member(const struct pki_member *m, const char *dir,
			 const char *name)
{
	FILE *cert = create_file(dir, name, "pem");
	FILE *key = create_file(dir, name, "key");
	bool good = cert && key && PEM_write_X509(cert, m->cert) &&
		    PEM_write_PrivateKey(key, m->key, NULL, NULL, 0, NULL,
					 NULL);

	if (cert && fclose(cert))
		good = false;
	if (key && fclose(key))
		good = false;
	return good;
}

static void discard(const char *dir)
{
	for (int i = 0; i < MEMBERS; i++) {
		for (int j = 0; j < ENDINGS; j++) {
			char *path = path_of(dir, members[i].name, endings[j]);

			if (path)
				unlink(path);
			free(path);
		}
	}
	rmdir(dir);
}

/* The folders above `path`. */
static void make_parents(const char *path)
{
	char *copy = strdup(path);

	for (char *p = copy ? strchr(copy + 1, '/') : NULL; p;
	     p = strchr(p + 1, '/')) {
		*p = 0;
		mkdir(copy, 0700); /* what is missing then is found out later */
		*p = '/';
	}
	free(copy);
}

static int fill(const struct pki *pki, const char *made, const char *dir)
{
	for (int i = 0; i < MEMBERS; i++) {
		errno = 0;
		if (!write_member(member(pki, i), made, members[i].name))
			return errno ? -errno : -EIO;
	}
	if (!rename(made, dir))
		return 0;
	return errno == ENOTEMPTY ? -EEXIST : -errno;
}

int store_write(const struct pki *pki, const char *dir)
{
	char *made;
	int r;

	make_parents(dir);
	if (asprintf(&made, "%s.XXXXXX", dir) < 0)
		return -ENOMEM;
	if (mkdtemp(made)) {
		r = fill(pki, made, dir);
		if (r)
			discard(made);
	} else {
		r = -errno;
	}
	free(made);
	return r;
}
