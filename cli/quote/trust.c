/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/quote/trust.h. */
#include "cli/quote/trust.h"

#include <openssl/asn1t.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/pki/pki.h"
#include "cli/info/file.h"
#include "cli/message.h"

#define SIZE_MAX_READ (1 << 20) /* a larger one is none of these */

static void *from_pem(const struct file *file, const char *name,
		      const ASN1_ITEM *item)
{
	int size = file->size < SIZE_MAX_READ ? (int)file->size : 0;
	BIO *bio = BIO_new_mem_buf(file->bytes, size);
	unsigned char *der = NULL;
	void *value = NULL;
	long n;

	if (bio && PEM_bytes_read_bio(&der, &n, NULL, name, bio, NULL, NULL)) {
		const unsigned char *p = der;

		value = ASN1_item_d2i(NULL, &p, n, item);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	return value;
}

static void *read_item(const char *path, const char *pem_name,
		       const ASN1_ITEM *item, const char *what)
{
	struct file file;
	const uint8_t *p;
	void *value;

	if (file_read(&file, path))
		return NULL;
	p = file.bytes;
	value = from_pem(&file, pem_name, item);
	if (!value)
		value = ASN1_item_d2i(NULL, &p, (long)file.size, item);
	file_free(&file);
	if (!value)
		complain("%s: expected a %s, in PEM or DER", path, what);
	return value;
}

X509 *trust_read_certificate(const char *path)
{
	return read_item(path, PEM_STRING_X509, ASN1_ITEM_rptr(X509),
			 "certificate");
}

X509_CRL *trust_read_crl(const char *path)
{
	return read_item(path, PEM_STRING_X509_CRL, ASN1_ITEM_rptr(X509_CRL),
			 "certificate revocation list");
}

X509 *trust_test_root(const char *dir, char **path)
{
	char *directory = pki_directory(dir);

	*path = NULL;
	if (directory && asprintf(path, "%s/root.pem", directory) < 0)
		*path = NULL;
	free(directory);
	return *path && !access(*path, F_OK) ? trust_read_certificate(*path) :
					       NULL;
}
