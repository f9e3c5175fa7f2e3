/* SPDX-License-Identifier: BSD-3-Clause */
/* See cli/quote/trust.h. */
#include "cli/quote/trust.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/pki/pki.h"
#include "cli/info/file.h"
#include "cli/message.h"

#define SIZE_MAX_READ (1 << 20) /* a larger one is none of these */

X509 *trust_read_certificate(const char *path)
{
	struct file file;
	X509 *cert = NULL;
	const uint8_t *p;
	BIO *bio;

	if (file_read(&file, path))
		return NULL;
	p = file.bytes;
	bio = BIO_new_mem_buf(file.bytes,
			      file.size < SIZE_MAX_READ ? (int)file.size : 0);
	if (bio)
		cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (!cert)
		cert = d2i_X509(NULL, &p, (long)file.size);
	BIO_free(bio);
	file_free(&file);
	if (!cert)
		complain("%s: expected a certificate, in PEM or DER", path);
	return cert;
}

X509_CRL *trust_read_crl(const char *path)
{
	struct file file;
	X509_CRL *crl = NULL;
	const uint8_t *p;
	BIO *bio;

	if (file_read(&file, path))
		return NULL;
	p = file.bytes;
	bio = BIO_new_mem_buf(file.bytes,
			      file.size < SIZE_MAX_READ ? (int)file.size : 0);
	if (bio)
		crl = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
	if (!crl)
		crl = d2i_X509_CRL(NULL, &p, (long)file.size);
	BIO_free(bio);
	file_free(&file);
	if (!crl)
		complain("%s: expected a certificate revocation list, in PEM "
			 "or DER",
			 path);
	return crl;
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
